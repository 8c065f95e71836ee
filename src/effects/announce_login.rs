//! Tells hooks that somebody signed in (spec chapter 02, section 13.4).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    notify::webhook::Event,
};

/// Tells hooks that somebody signed in.
pub struct AnnounceLogin;

impl Effect<Authentication> for AnnounceLogin {
    const NAME: &'static str = "announce_login";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known who signed in".into()) };
        step.context.announce(Event::UserLogin, user);
        Ok(())
    }
}
