//! Shows the account of the person who signed in (spec chapter 02, section 16.1).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step, error::NOT_PERMITTED},
    identity::{account::Account, profile::Profile},
};

/// Shows the account of the person who signed in.
pub struct LoadUser;

impl Effect<Authentication> for LoadUser {
    const NAME: &'static str = "load_user";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<Profile>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known who signed in".into()) };
        let Some(account) = Account::load(&step.context.unit, user).await? else {
            return Err(NOT_PERMITTED.because("the account is gone").failure());
        };
        step.put(&Profile::new(&account, step.settings))?;
        step.context.account = Some(account);
        Ok(())
    }
}
