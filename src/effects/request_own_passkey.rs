//! Asks for one of the passkeys of the person's account (spec chapter 02, sections 7.3.1 and 7.3.2).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step},
    identity::{passkeys, webauthn::RequestOptions},
};

/// Asks for one of the passkeys of the person's account.
pub struct RequestOwnPasskey;

impl Effect<Authentication> for RequestOwnPasskey {
    const NAME: &'static str = "request_own_passkey";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RequestOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known whose passkey is asked for".into()) };
        let services = step.context.services.clone();
        let (unit, verification) = (&mut step.context.unit, step.settings.passkey.user_verification);
        let asked = passkeys::request_own(unit, &services.relying_party, user, verification, services.moment());
        let (id, options) = asked.await?;
        step.stash.webauthn_session_data_id = Some(id);
        step.put(&options)
    }
}
