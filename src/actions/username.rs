//! Which usernames can be had, wherever somebody chooses one.

use uuid::Uuid;

use super::{Authentication, errors};
use crate::{
    engine::{Step, Stop},
    identity::usernames::normalized,
    storage,
};

/// The username as it is stored. The input `username` is refused when it cannot be one, or somebody other than `user` has
/// it. Who takes it at the same time is found out by writing it.
pub(super) async fn available(
    step: &mut Step<'_, Authentication>,
    username: &str,
    user: Option<Uuid>,
) -> Result<String, Stop> {
    let Ok(username) = normalized(username) else {
        return Err(step.refuse_input("username", errors::INVALID_USERNAME));
    };
    let found = storage::usernames::by_name(&step.context.unit, &username).await?;
    if found.is_some_and(|row| Some(row.user_id.0) != user) {
        return Err(step.refuse_input("username", errors::USERNAME_EXISTS));
    }
    Ok(username)
}
