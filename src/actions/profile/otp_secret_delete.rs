//! The person gives up their authenticator app (spec chapter 03, section 7.8).

use crate::{
    actions::{
        Authentication, Stash,
        profile::{owner, second_factors::SecondFactors},
    },
    config::Config,
    engine::{Action, FlowError, Input, NoInputs, Step, Stop, error::NOT_PERMITTED},
    notify::mail::Notification,
    outcomes, storage,
};

outcomes! {
    /// The account has no authenticator app any more.
    Deleted = "deleted",
}

/// The person gives up their authenticator app.
pub struct OtpSecretDelete;

impl Action<Authentication> for OtpSecretDelete {
    const NAME: &'static str = "otp_secret_delete";
    const DESCRIPTION: &'static str = "Delete an OTP secret";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = NoInputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: NoInputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let factors = SecondFactors::held(step, user).await?;
        factors.can_spare_one(step)?;
        if !storage::otp_secrets::delete(&mut step.context.unit, user).await? {
            return Err(Stop::Refused(NOT_PERMITTED.because("there is no authenticator app")));
        }
        factors.spare_one(step, user).await?;
        step.context.notify_primary(user, Notification::MfaDelete).await?;
        Ok(Outcome::Deleted)
    }
}
