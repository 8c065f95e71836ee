//! What the account of the person has now, not when they said who they are: a flow lives for hours, and what follows from a
//! proof, such as a second factor, must follow from what there is by then.

use uuid::Uuid;

use super::{Account, Authentication};
use crate::{
    engine::{Failure, Step},
    storage::users::account_facts,
};

/// Reads what the account has; false when it is gone.
pub(super) async fn read(step: &mut Step<'_, Authentication>, user: Uuid) -> Result<bool, Failure> {
    let Some(facts) = account_facts(&step.context.unit, user).await? else { return Ok(false) };
    step.stash.account = Account::from(&facts);
    Ok(true)
}
