//! The second factor of a sign-in (spec chapter 02, sections 11 and 13.2.1).

mod due;
mod limits;
mod meanwhile;
mod security_keys;
mod totp;

use crate::support::flow::{Device, Flow, Site};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const PASSWORD: &str = "correct horse";

/// Second factors are asked for; nothing else is asked for on the way, and no device is trusted.
const SECOND_FACTORS: &str =
    "{ mfa: { enabled: true, device_trust_policy: never }, passkey: { acquire_on_login: never } }";

/// Signs in with a password. What follows depends on the account.
async fn first_factor<'s>(site: &'s Site, device: Device) -> Flow<'s> {
    site.first_factor(ADA, PASSWORD, device).await
}
