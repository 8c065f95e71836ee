//! The relying party: whom ceremonies are run for, and the rules that both ceremonies share.

use chrono::{DateTime, TimeDelta, Utc};

use super::{attestation::StatementVerifier, error::RelyingPartyError, origin::Origins};
use crate::config::{UserVerification, WebAuthn};

/// What a timeout of 0 stands for, in milliseconds.
const DEFAULT_TIMEOUT: u64 = 300_000;

/// The timeout of ceremonies that discourage user verification, whatever is configured, in milliseconds: nobody has to
/// look for a PIN.
const DISCOURAGED_TIMEOUT: u64 = 120_000;

/// A WebAuthn relying party. Built once from the configuration; it holds nothing of any single ceremony.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) origins: Origins,
    pub(super) statements: StatementVerifier,
    registration_timeout: u64,
    login_timeout: u64,
}

impl RelyingParty {
    /// The relying party that the section `webauthn` describes.
    ///
    /// # Errors
    /// If its id, its name or its origins are empty, or an origin is none.
    pub fn new(config: &WebAuthn) -> Result<Self, RelyingPartyError> {
        let described = &config.relying_party;
        if described.id.is_empty() {
            return Err(RelyingPartyError::Id);
        }
        if described.display_name.is_empty() {
            return Err(RelyingPartyError::DisplayName);
        }
        let origins = Origins::new(&described.origins)?;
        Ok(Self {
            id: described.id.clone(),
            name: described.display_name.clone(),
            statements: StatementVerifier::new(&described.id, origins.urls()),
            origins,
            registration_timeout: config.timeouts.registration.into(),
            login_timeout: config.timeouts.login.into(),
        })
    }

    /// How long a registration may take, in milliseconds.
    pub(super) fn registration_timeout(&self, user_verification: UserVerification) -> u64 {
        timeout(self.registration_timeout, user_verification)
    }

    /// How long an authentication may take, in milliseconds.
    pub(super) fn login_timeout(&self, user_verification: UserVerification) -> u64 {
        timeout(self.login_timeout, user_verification)
    }
}

fn timeout(configured: u64, user_verification: UserVerification) -> u64 {
    match (user_verification, configured) {
        (UserVerification::Discouraged, _) => DISCOURAGED_TIMEOUT,
        (_, 0) => DEFAULT_TIMEOUT,
        (_, configured) => configured,
    }
}

/// The moment `timeout` milliseconds after `now`.
pub(super) fn expiry(now: DateTime<Utc>, timeout: u64) -> DateTime<Utc> {
    i64::try_from(timeout)
        .ok()
        .and_then(TimeDelta::try_milliseconds)
        .and_then(|timeout| now.checked_add_signed(timeout))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn config(change: impl FnOnce(&mut config::WebAuthn)) -> config::WebAuthn {
        let mut config = config::WebAuthn::default();
        change(&mut config);
        config
    }

    /// Covers POST-5, POST-6, POST-7.
    #[test]
    fn needs_an_id_a_name_and_an_origin() {
        let error = |change: fn(&mut config::WebAuthn)| RelyingParty::new(&config(change)).map(|_| ());
        assert_eq!(error(|_| ()), Ok(()));
        assert_eq!(error(|config| config.relying_party.id.clear()), Err(RelyingPartyError::Id));
        assert_eq!(error(|config| config.relying_party.display_name.clear()), Err(RelyingPartyError::DisplayName));
        assert_eq!(error(|config| config.relying_party.origins.clear()), Err(RelyingPartyError::Origins));
    }

    /// Covers POST-8.
    #[test]
    fn replaces_a_timeout_of_zero_and_the_timeout_of_discouraged_verification() {
        let relying_party = RelyingParty::new(&config(|config| {
            config.timeouts.login = 0;
            config.timeouts.registration = 1000;
        }))
        .unwrap();
        assert_eq!(relying_party.login_timeout(UserVerification::Preferred), 300_000);
        assert_eq!(relying_party.login_timeout(UserVerification::Discouraged), 120_000);
        assert_eq!(relying_party.registration_timeout(UserVerification::Required), 1000);
        assert_eq!(relying_party.registration_timeout(UserVerification::Discouraged), 120_000);
    }

    #[test]
    fn survives_a_timeout_beyond_the_end_of_time() {
        assert_eq!(expiry(DateTime::UNIX_EPOCH, u64::MAX), DateTime::<Utc>::MAX_UTC);
        assert_eq!(expiry(DateTime::UNIX_EPOCH, i64::MAX.unsigned_abs()), DateTime::<Utc>::MAX_UTC);
    }
}
