//! Asks for any passkey: the credential tells who signs in (spec chapter 02, sections 7.3.2 and 13.1).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step},
    identity::{passkeys, webauthn::RequestOptions},
};

/// Asks for any passkey.
pub struct RequestAnyPasskey;

impl Effect<Authentication> for RequestAnyPasskey {
    const NAME: &'static str = "request_any_passkey";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RequestOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let services = step.context.services.clone();
        let (unit, verification) = (&mut step.context.unit, step.settings.passkey.user_verification);
        let (id, options) =
            passkeys::request_any(unit, &services.relying_party, verification, services.moment()).await?;
        step.stash.webauthn_session_data_id = Some(id);
        step.put(&options)
    }
}
