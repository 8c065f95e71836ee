//! The members of payloads by name (spec chapter 02, section 24).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    engine::PayloadMember,
    identity::{
        profile::Profile,
        webauthn::{CreationOptions, RequestOptions},
    },
    keys::ClaimsView,
};

impl PayloadMember for RequestOptions {
    const NAME: &'static str = "request_options";
}

impl PayloadMember for CreationOptions {
    const NAME: &'static str = "creation_options";
}

impl PayloadMember for Profile {
    const NAME: &'static str = "user";
}

impl PayloadMember for ClaimsView {
    const NAME: &'static str = "claims";
}

/// Whole seconds until another code can be sent, rounded down. Only in refusals.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResendAfter(pub u64);

impl PayloadMember for ResendAfter {
    const NAME: &'static str = "resend_after";
}

/// Whole seconds until another attempt can be made, rounded down. Only in refusals.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RetryAfter(pub u64);

impl PayloadMember for RetryAfter {
    const NAME: &'static str = "retry_after";
}
