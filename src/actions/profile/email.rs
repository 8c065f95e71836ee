//! What the ways to a new address have in common (spec chapter 03, sections 7.4, 7.7 and 7.29).

use uuid::Uuid;

use crate::{
    actions::Authentication,
    engine::{Failure, Step, Stop, error::NOT_PERMITTED},
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        mail::{Notification, PasscodeTemplate},
        webhook::Event,
    },
    storage,
};

/// What the next code proves, and by which mail it comes.
pub(super) fn ask_for_code(step: &mut Step<'_, Authentication>, address: String, template: PasscodeTemplate) {
    step.stash.email = Some(address);
    step.stash.passcode_template = Some(template);
}

/// Adds an address to the account and tells the person at the address that was the primary one so far. The first address
/// becomes the primary one. Refused where the account has as many as it may have: several may have been asked for before
/// the first code was entered.
pub(super) async fn add(
    step: &mut Step<'_, Authentication>,
    user: Uuid,
    address: &str,
    verified: bool,
) -> Result<(), Stop> {
    let services = step.context.services.clone();
    let (id, now) = (services.random.uuid(), services.clock.now());
    let unit = &mut step.context.unit;
    storage::users::lock(unit, user).await?;
    let held = storage::emails::of_user(unit, user).await?.len();
    if held >= step.settings.email.limit as usize {
        return Err(Stop::Refused(NOT_PERMITTED.because("the account has as many addresses as it may have")));
    }
    let primary = storage::primary_emails::of_user(unit, user).await?;
    storage::emails::insert(unit, id, Some(user), address, verified, now).await?;
    if held == 0 {
        storage::primary_emails::set_first(unit, services.random.uuid(), user, id, now).await?;
    }
    if verified {
        record(step, user, EventType::EmailVerified, address).await?;
    }
    if let Some(primary) = primary {
        step.context.notify(user, &primary.address, Notification::EmailCreate { new: address }).await?;
    }
    record(step, user, EventType::EmailCreated, address).await?;
    step.context.announce(Event::EmailCreate, user);
    Ok(())
}

/// Records what happened to an address.
pub(super) async fn record(
    step: &mut Step<'_, Authentication>,
    user: Uuid,
    kind: EventType,
    address: &str,
) -> Result<(), Failure> {
    let event = AuditEvent::new(kind).by(Actor::Id(user)).detail(Detail::Email, address);
    step.context.audit(step.id(), event).await
}
