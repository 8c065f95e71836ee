//! Signatures by which receivers know that a call comes from this server and is not old, as Standard Webhooks defines
//! them (<https://www.standardwebhooks.com>, "Verifying webhook authenticity"). Knows nothing of what is signed.

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    config::{Config, signing_key, signing_secret},
    secret::Secret,
};

/// Separates the derived secrets from the other uses of the server's secrets.
const LABEL: &[u8] = b"sealflow webhook signature v1";

/// The secrets that sign the calls of a tenant, as receivers are given them: the configured ones, else one derived from
/// each secret of the server (HKDF, RFC 5869), so that a new secret in front does not lock receivers out.
#[must_use]
pub fn signing_secrets(config: &Config, tenant: Uuid) -> Vec<Secret<String>> {
    let configured = &config.webhooks.signing_secrets;
    if configured.is_empty() {
        let derived = config.secret_keys.iter().filter_map(|secret| derive(secret, tenant));
        return derived.map(|key| signing_secret(key.expose())).collect();
    }
    configured.clone()
}

fn derive(secret: &Secret<String>, tenant: Uuid) -> Option<Secret<[u8; 32]>> {
    let mut key = [0; 32];
    let pseudorandom = Salt::new(HKDF_SHA256, &[]).extract(secret.expose().as_bytes());
    pseudorandom.expand(&[LABEL, tenant.as_bytes()], HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(Secret::new(key))
}

/// Signs calls.
pub(super) struct Signer(Vec<hmac::Key>);

impl Signer {
    /// Signs with each of `secrets`, which have the form of [`signing_secrets`].
    pub(super) fn new(secrets: &[Secret<String>]) -> Self {
        let keys = secrets.iter().filter_map(signing_key);
        Self(keys.map(|key| hmac::Key::new(HMAC_SHA256, key.expose())).collect())
    }

    /// The value of the header `webhook-signature` for a body that is sent at `time` with this `webhook-id`.
    pub(super) fn sign(&self, id: Uuid, time: DateTime<Utc>, body: &str) -> String {
        let content = format!("{id}.{}.{body}", time.timestamp());
        let signature = |key| format!("v1,{}", STANDARD.encode(hmac::sign(key, content.as_bytes())));
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Vec<Secret<String>> {
        texts.iter().map(|text| Secret::new((*text).to_owned())).collect()
    }

    fn config(secret_keys: &[&str], signing: &[&str]) -> Config {
        let mut config = Config { secret_keys: secrets(secret_keys), ..Config::default() };
        config.webhooks.signing_secrets = secrets(signing);
        config
    }

    /// Made with OpenSSL: `printf '%s' "$content" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64`.
    #[test]
    fn signs_with_each_secret() {
        let one = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let two = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let (id, body) = (Uuid::from_u128(7), r#"{"test":1}"#);
        let time = DateTime::from_timestamp(1_614_265_330, 500_000_000).unwrap();
        let alone = |secret| Signer::new(&secrets(&[secret])).sign(id, time, body);
        assert_eq!(alone(one), "v1,wopvdXgIValW/ct1DOSrWmBcxgT2ahiFdPKrOZs4TD8=");
        assert_eq!(Signer::new(&secrets(&[one, two])).sign(id, time, body), format!("{} {}", alone(one), alone(two)));
    }

    #[test]
    fn derives_a_secret_for_each_tenant_from_each_secret_of_the_server() {
        let (first, second) = ("a-secret-of-the-server", "another-secret-of-the-server");
        let of = |keys: &[&str], tenant| signing_secrets(&config(keys, &[]), Uuid::from_u128(tenant));
        assert_eq!(of(&[first, second], 1), [of(&[first], 1), of(&[second], 1)].concat());
        assert_ne!(of(&[first], 1), of(&[first], 2));
        assert!(of(&[first], 1).iter().all(|secret| signing_key(secret).is_some()));
    }

    #[test]
    fn prefers_the_configured_secrets() {
        let configured = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
        let found = signing_secrets(&config(&["a-secret-of-the-server"], &configured), Uuid::nil());
        assert_eq!(found, secrets(&configured));
    }
}
