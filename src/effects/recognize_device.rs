//! Finds out whether the person trusts the device, so that no second factor need be asked for (spec chapter 02, section
//! 17.5).

use crate::{
    actions::Authentication,
    config::DeviceTrustPolicy,
    engine::{Effect, Failure, Step},
};

/// Finds out whether the person trusts the device.
pub struct RecognizeDevice;

impl Effect<Authentication> for RecognizeDevice {
    const NAME: &'static str = "recognize_device";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        step.stash.device_trusted = is_trusted(step).await;
        Ok(())
    }
}

/// Whether the person trusts the device. One that cannot be looked up is not trusted.
pub(super) async fn is_trusted(step: &Step<'_, Authentication>) -> bool {
    let Some(user) = step.stash.user_id else { return false };
    if step.settings.mfa.device_trust_policy == DeviceTrustPolicy::Never {
        return false;
    }
    let (context, now) = (&*step.context, step.context.services.clock.now());
    context.device.are_trusted_by(&context.unit, user, now).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a device is not trusted because it could not be looked up");
        false
    })
}
