//! Creates the account from everything that a registration collected (spec chapter 02, section 14.3).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    identity::{
        passkeys::{self, Purpose},
        users,
    },
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        webhook::Event,
    },
    secret::Secret,
    storage,
};

/// Creates the account from everything that a registration collected.
pub struct CreateUser;

impl Effect<Authentication> for CreateUser {
    const NAME: &'static str = "create_user";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let services = step.context.services.clone();
        let user = *step.stash.user_id.get_or_insert_with(|| services.random.uuid());
        let now = services.clock.now();
        let (email, username) = (step.stash.email.clone(), step.stash.username.clone());
        let mut event = AuditEvent::new(EventType::UserCreated).by(Actor::Full(user, email.clone()));
        let unit = &mut step.context.unit;
        let address = |address| users::NewEmail { address, is_primary: true, is_verified: step.stash.email_verified };
        let new = users::NewUser {
            id: Some(user),
            emails: email.map(address).into_iter().collect(),
            username: username.clone(),
            created_at: now,
        };
        users::create(unit, services.random.as_ref(), now, new).await?;
        for created in std::mem::take(&mut step.stash.webauthn_credentials) {
            passkeys::store(unit, &services.authenticator_names, user, &created, services.moment()).await?;
            let detail = match created.purpose {
                Purpose::FirstFactor => Detail::Passkey,
                Purpose::SecondFactor => Detail::SecurityKey,
            };
            event = event.detail(detail, created.credential.id.to_string());
        }
        if let Some(hash) = step.stash.new_password.take() {
            storage::password_credentials::insert(unit, services.random.uuid(), user, Secret::new(hash), now).await?;
            event = event.detail(Detail::Password, true);
        }
        if let Some(new) = step.stash.new_otp_secret.take() {
            let id = services.random.uuid();
            storage::otp_secrets::insert(unit, id, user, new.secret, Some(new.step), now).await?;
            event = event.detail(Detail::OtpSecret, id.to_string());
        }
        if let Some(username) = username {
            event = event.detail(Detail::Username, username);
        }
        step.context.announce(Event::UserCreate, user);
        step.context.audit(step.id(), event).await
    }
}
