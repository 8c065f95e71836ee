//! Second factors of test users, put into the database as if they had been set up before.

use chrono::{DateTime, Utc};
use sealflow::{
    config::{AttestationPreference, AuthenticatorAttachment, UserVerification},
    identity::{
        passkeys,
        webauthn::{Registrant, RegistrationKind, RegistrationSettings},
    },
    storage::{otp_secrets, webauthn_credentials},
};
use uuid::Uuid;

use super::{
    authenticator::Authenticator,
    authenticator_app::{AuthenticatorApp, step_at},
    flow::{ORIGIN, Site},
};

/// The secret of the apps of all users: that of the examples in RFC 6238 appendix B, in base32.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Seconds for which an authenticator app shows the same code.
pub(crate) const PERIOD: i64 = 30;

/// What the app of a user shows at this time.
pub(crate) fn code_at(time: DateTime<Utc>) -> String {
    AuthenticatorApp::with_secret(&SECRET.into()).code(step_at(time))
}

impl Site {
    /// Sets an authenticator app up for a user.
    pub(crate) async fn give_app(&self, user: Uuid) {
        let services = &self.tenant().services;
        let moment = services.moment();
        let mut unit = services.unit();
        let secret = SECRET.to_owned().into();
        otp_secrets::insert(&mut unit, moment.id(), user, secret, None, moment.now).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// Registers a security key for a user: one that keeps no names.
    pub(crate) async fn give_security_key(&self, user: Uuid) -> Authenticator {
        // A ceremony takes a large future.
        Box::pin(self.register_security_key(user)).await
    }

    async fn register_security_key(&self, user: Uuid) -> Authenticator {
        let services = &self.tenant().services;
        let (party, moment) = (&services.relying_party, services.moment());
        let mut unit = services.unit();
        let mut authenticator = Authenticator::new(ORIGIN);
        authenticator.transports = vec!["usb"];
        authenticator.user_verified = false;
        let registrant = Registrant { id: user, name: String::new(), display_name: String::new() };
        let settings = RegistrationSettings {
            kind: RegistrationKind::SecurityKey { attachment: AuthenticatorAttachment::CrossPlatform },
            user_verification: UserVerification::Discouraged,
            attestation: AttestationPreference::None,
        };
        let (ceremony, options) = passkeys::create(&mut unit, party, registrant, settings, moment).await.unwrap();
        let answer = authenticator.create(&serde_json::to_value(&options).unwrap());
        let made = passkeys::finish_registration(&mut unit, party, moment.now, ceremony, user, answer).await;
        let made = made.unwrap().unwrap();
        let row = webauthn_credentials::NewCredential {
            id: made.id.to_string(),
            user,
            public_key: made.public_key,
            attestation_type: made.attestation_type,
            aaguid: made.aaguid,
            sign_count: made.sign_count,
            name: None,
            backup_eligible: made.backup_eligible,
            backup_state: made.backup_state,
            last_used_at: None,
            mfa_only: true,
            transports: made.transports,
        };
        webauthn_credentials::insert(&mut unit, moment.random, row, moment.now).await.unwrap();
        unit.commit().await.unwrap();
        authenticator
    }
}
