//! Has the person trust the device from now on (spec chapter 02, section 12.3).

use std::{sync::Arc, time::Duration};

use super::recognize_device::is_trusted;
use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
};

/// The shortest time for which a device can be trusted.
const SHORTEST: Duration = Duration::from_secs(1);

/// Has the person trust the device from now on. The device gets to know it only when the step is committed.
pub struct RememberDevice;

impl Effect<Authentication> for RememberDevice {
    const NAME: &'static str = "remember_device";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known who trusts the device".into()) };
        let config = &step.settings.mfa;
        if config.device_trust_duration.0 < SHORTEST || is_trusted(step).await {
            return Ok(());
        }
        let services = Arc::clone(&step.context.services);
        let most = usize::try_from(config.device_trust_max_users_per_device).unwrap_or(usize::MAX);
        let (unit, device) = (&mut step.context.unit, &step.context.device);
        let kept = device.trusted_by(unit, user, config.device_trust_duration.0, most, services.moment()).await?;
        step.context.device_to_be = Some(kept);
        Ok(())
    }
}
