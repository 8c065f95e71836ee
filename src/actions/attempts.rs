//! Limits on attempts, for actions that refuse what is too much.

use super::{Authentication, errors};
use crate::{
    engine::{PayloadMember, Step, Stop},
    limits::{Admission, Bucket},
};

/// Takes an attempt. If there is none left, the action is refused, and `later` tells after how many seconds there is.
pub(super) async fn take<M: PayloadMember>(
    step: &mut Step<'_, Authentication>,
    bucket: Bucket<'_>,
    later: fn(u64) -> M,
) -> Result<(), Stop> {
    match step.context.attempt(bucket).await? {
        Admission::Granted => Ok(()),
        Admission::Refused { seconds } => {
            step.put(&later(seconds))?;
            Err(Stop::Refused(errors::RATE_LIMIT_EXCEEDED))
        }
    }
}
