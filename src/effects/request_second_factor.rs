//! Asks for one of the person's WebAuthn credentials of whatever kind, as second factor (spec chapter 02, section 11.2).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step, error::NOT_PERMITTED},
    identity::{passkeys, webauthn::RequestOptions},
};

/// Asks for one of the person's WebAuthn credentials as second factor.
pub struct RequestSecondFactor;

impl Effect<Authentication> for RequestSecondFactor {
    const NAME: &'static str = "request_second_factor";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RequestOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known whose credential is asked for".into()) };
        let services = step.context.services.clone();
        let verification = step.settings.mfa.security_keys.user_verification;
        let (unit, party) = (&mut step.context.unit, &services.relying_party);
        let request = passkeys::request_second_factor(unit, party, user, verification, services.moment()).await?;
        // The last one may have been given up since it was offered.
        let (id, options) = request.map_err(|error| NOT_PERMITTED.because(error).failure())?;
        step.stash.webauthn_session_data_id = Some(id);
        step.put(&options)
    }
}
