//! Shows people their account (spec chapter 03, section 4.1).

use crate::{
    actions::{Authentication, session_account},
    engine::{Effect, Failure, MemberSchema, Step},
    identity::profile::Profile,
};

/// Shows people their account as it is after all that the step changed.
pub struct ShowProfile;

impl Effect<Authentication> for ShowProfile {
    const NAME: &'static str = "show_profile";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<Profile>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        if !session_account::read(step).await? {
            return Err("the account of the session is gone".into());
        }
        let profile = step.context.account.as_ref().map(|account| Profile::new(account, step.settings));
        profile.map_or(Ok(()), |profile| step.put(&profile))
    }
}
