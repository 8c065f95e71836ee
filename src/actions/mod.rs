//! Actions: what a client can do in a state. One file per action, in a folder per sub-flow; each says what it takes and
//! what can come of it, and none names a state.

mod account_now;
mod announcements;
mod attempts;
mod attestation;
pub mod capabilities;
mod context;
pub mod credential_onboarding;
pub mod credential_usage;
pub mod errors;
mod holdings;
mod locks;
pub mod mfa_creation;
pub mod mfa_usage;
mod new_password;
mod passcode;
mod payload;
pub mod profile;
pub mod registration;
pub(crate) mod session_account;
mod stash;
mod store;
pub mod user_details;

pub use self::{
    context::{Client, Context, Granted, SESSION, SignedIn},
    holdings::{Holdings, OwnEmail, ProfileFacts},
    payload::{ResendAfter, RetryAfter},
    stash::{Account, Device, Facts, LoginMethod, MfaMethod, NewOtpSecret, Stash, Sticky},
    store::DatabaseFlows,
};
pub(crate) use stash::name;

use crate::{config::Config, engine::Domain};

/// The world of the shipped graphs: people who sign up and sign in.
#[derive(Debug, Clone, Copy)]
pub struct Authentication;

impl Domain for Authentication {
    type Settings = Config;
    type Stash = Stash;
    type Facts = Facts;
    type Context = Context;

    fn facts(stash: &Stash) -> Facts {
        Facts::from(stash)
    }

    fn revert(snapshot: Stash, current: &Stash) -> Stash {
        Stash { sticky: current.sticky.clone(), ..snapshot }
    }
}
