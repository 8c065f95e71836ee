//! What giving up a second factor has in common (spec chapter 03, sections 7.8 and 7.14).

use uuid::Uuid;

use crate::{
    actions::Authentication,
    engine::{Failure, Step, Stop, error::NOT_PERMITTED},
    storage::{self, entities::webauthn_credentials::Model as Credential},
};

/// The second factors that an account has.
pub(super) struct SecondFactors {
    /// There is an authenticator app.
    pub(super) has_otp_secret: bool,
    /// The security keys.
    pub(super) security_keys: Vec<Credential>,
}

impl SecondFactors {
    /// Reads those of a user. Until the step ends nobody else gives up any, so that two requests at once cannot give up
    /// the last two.
    pub(super) async fn held(step: &mut Step<'_, Authentication>, user: Uuid) -> Result<Self, Stop> {
        let unit = &mut step.context.unit;
        storage::users::lock(unit, user).await?;
        let credentials = storage::webauthn_credentials::of_user(unit, user).await?;
        Ok(Self {
            has_otp_secret: storage::otp_secrets::of_user(unit, user).await?.is_some(),
            security_keys: credentials.into_iter().filter(|credential| credential.mfa_only).collect(),
        })
    }

    /// Whether one of them may be given up.
    pub(super) fn can_spare_one(&self, step: &Step<'_, Authentication>) -> Result<(), Stop> {
        let mandatory = step.settings.mfa.enabled && !step.settings.mfa.optional;
        if mandatory && self.count() < 2 {
            return Err(Stop::Refused(NOT_PERMITTED.because("it is the last second factor")));
        }
        Ok(())
    }

    /// What giving up one of them entails: with the last one goes the trust in devices, so that a second factor that is set
    /// up later is asked for on all of them.
    pub(super) async fn spare_one(&self, step: &mut Step<'_, Authentication>, user: Uuid) -> Result<(), Failure> {
        if self.count() < 2 {
            storage::trusted_devices::delete_of_user(&mut step.context.unit, user).await?;
        }
        Ok(())
    }

    fn count(&self) -> usize {
        usize::from(self.has_otp_secret) + self.security_keys.len()
    }
}
