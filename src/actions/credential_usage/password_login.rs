//! The person enters their password (spec chapter 02, section 7.6.1).

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    actions::{Authentication, LoginMethod, RetryAfter, Stash, account_now, attempts, errors},
    config::Config,
    engine::{Action, Failure, FlowError, Input, MemberSchema, Step, Stop, error::VALUE_INVALID},
    identity::passwords::Verdict,
    limits::Bucket,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    outcomes,
    secret::Secret,
    storage,
};

outcomes! {
    /// It is the password of the account.
    Verified = "verified",
}

/// The password.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The password.
    password: Secret<String>,
}

/// The person enters their password.
pub struct PasswordLogin;

impl Action<Authentication> for PasswordLogin {
    const NAME: &'static str = "password_login";
    const DESCRIPTION: &'static str = "Login with a password.";
    const REFUSALS: &'static [FlowError] = &[errors::RATE_LIMIT_EXCEEDED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RetryAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::password("password").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let named = [&step.stash.identifier, &step.stash.email, &step.stash.username];
        let named = named.into_iter().flatten().next().cloned().unwrap_or_default();
        attempts::take(step, Bucket::Password(&named), RetryAfter).await?;
        let services = step.context.services.clone();
        let stored = match step.stash.user_id {
            Some(user) => storage::password_credentials::of_user(&step.context.unit, user).await?,
            None => None,
        };
        let (Some(user), Some(stored)) = (step.stash.user_id, stored) else {
            // An account that is not there, or has no password, costs the time of one that has.
            services.passwords.verify_absent(&input.password).await?;
            if let Some(user) = step.stash.user_id {
                failed(step, user, "the account has no password").await?;
            }
            return Err(step.refuse_input("password", VALUE_INVALID));
        };
        match services.passwords.verify(&input.password, stored.password.expose()).await? {
            Verdict::Match { rehash } => {
                if rehash {
                    let hash = Secret::new(services.passwords.hash(&input.password).await?);
                    let now = services.clock.now();
                    storage::password_credentials::replace(&mut step.context.unit, user, hash, now).await?;
                }
                if !account_now::read(step, user).await? {
                    return Err(step.refuse_input("password", VALUE_INVALID));
                }
                Ok(Outcome::Verified)
            }
            Verdict::Mismatch => {
                failed(step, user, "password invalid").await?;
                Err(step.refuse_input("password", VALUE_INVALID))
            }
        }
    }
}

async fn failed(step: &mut Step<'_, Authentication>, user: Uuid, reason: &str) -> Result<(), Failure> {
    let event = AuditEvent::new(EventType::LoginFailure).by(Actor::Id(user)).error(reason);
    let event = event.detail(Detail::LoginMethod, crate::actions::name(LoginMethod::Password));
    step.context.audit(step.id(), event).await
}
