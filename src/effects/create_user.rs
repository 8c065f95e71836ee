//! Creates the account from everything that a registration collected (spec chapter 02, section 14.3).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    identity::{passkeys, users},
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
        for credential in std::mem::take(&mut step.stash.webauthn_credentials) {
            passkeys::store(unit, &services.authenticator_names, user, &credential, services.moment()).await?;
            event = event.detail(Detail::Passkey, credential.id.to_string());
            step.stash.account.has_passkey = true;
        }
        if let Some(hash) = step.stash.new_password.take() {
            storage::password_credentials::insert(unit, services.random.uuid(), user, Secret::new(hash), now).await?;
            event = event.detail(Detail::Password, true);
        }
        if let Some(username) = username {
            event = event.detail(Detail::Username, username);
        }
        step.context.announce(Event::UserCreate, user);
        step.context.audit(step.id(), event).await
    }
}
