//! The members of payloads by name (spec chapter 02, section 24).

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
