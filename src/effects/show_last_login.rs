//! Shows how the person signed in, so that clients can offer the same way next time (spec chapter 02, section 24.3).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    actions::{Authentication, LoginMethod, MfaMethod},
    engine::{Effect, Failure, MemberSchema, PayloadMember, Step},
};

/// How the person signed in.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LastLogin {
    /// The first factor.
    login_method: LoginMethod,
    /// The third party, when it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    third_party_provider: Option<String>,
    /// The second factor, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_method: Option<MfaMethod>,
}

impl PayloadMember for LastLogin {
    const NAME: &'static str = "last_login";
}

/// Shows how the person signed in.
pub struct ShowLastLogin;

impl Effect<Authentication> for ShowLastLogin {
    const NAME: &'static str = "show_last_login";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<LastLogin>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(login_method) = step.stash.login_method else { return Ok(()) };
        let third_party_provider = step.stash.third_party_provider.clone();
        step.put(&LastLogin { login_method, third_party_provider, mfa_method: step.stash.mfa_method })
    }
}
