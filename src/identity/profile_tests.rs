use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::*;
use crate::storage::{
    DEFAULT_TENANT,
    entities::{identities, otp_secrets, user_metadata, users, webauthn_credentials},
    profile::{Credential as CredentialRows, SamlOrigin, SamlProvider},
};

const CREATED: &str = "2026-05-01T08:00:00Z";

fn time() -> DateTime<Utc> {
    CREATED.parse().unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn account() -> Account {
    Account {
        user: users::Model {
            id: id(1).into(),
            created_at: time().into(),
            updated_at: time().into(),
            name: None,
            family_name: None,
            given_name: None,
            picture: None,
            tenant_id: DEFAULT_TENANT.into(),
        },
        emails: vec![],
        primary_email_id: None,
        username: None,
        password: None,
        otp_secret: None,
        metadata: None,
        credentials: vec![],
        identities: vec![],
    }
}

fn email(number: u128) -> emails::Model {
    emails::Model {
        id: id(number).into(),
        user_id: Some(id(1).into()),
        address: format!("{number}@example.org"),
        verified: true,
        created_at: time().into(),
        updated_at: time().into(),
        tenant_id: DEFAULT_TENANT.into(),
    }
}

fn credential(name: &str, mfa_only: bool, transports: &[&str]) -> CredentialRows {
    CredentialRows {
        row: webauthn_credentials::Model {
            id: name.to_owned(),
            user_id: id(1).into(),
            public_key: "pQECAyYgASFYIA".to_owned(),
            attestation_type: "none".to_owned(),
            aaguid: Uuid::nil().into(),
            sign_count: 7,
            created_at: time().into(),
            updated_at: time().into(),
            name: None,
            backup_eligible: true,
            backup_state: false,
            last_used_at: None,
            mfa_only,
            user_handle_id: None,
            tenant_id: DEFAULT_TENANT.into(),
        },
        transports: transports.iter().map(ToString::to_string).collect(),
    }
}

fn identity(number: u128, provider: &str, email: Option<u128>, saml: Option<SamlOrigin>) -> Identity {
    Identity {
        row: identities::Model {
            id: id(number).into(),
            provider_user_id: format!("at-{provider}"),
            provider_id: provider.to_owned(),
            data: None,
            email_id: email.map(|number| id(number).into()),
            created_at: time().into(),
            updated_at: time().into(),
            user_id: Some(id(1).into()),
            tenant_id: DEFAULT_TENANT.into(),
        },
        saml,
    }
}

fn saml(provider: Option<(&str, bool)>) -> Option<SamlOrigin> {
    let provider = provider.map(|(name, enabled)| SamlProvider { name: name.to_owned(), enabled });
    Some(SamlOrigin { domain: "example.org".to_owned(), provider })
}

fn shown(account: &Account, config: &Config) -> Value {
    serde_json::to_value(Profile::new(account, config)).unwrap()
}

/// Covers API-117, API-120, API-121, API-124, API-125, PROF-049, PROF-050, PROF-051, PROF-052, PROF-065.
#[test]
fn leaves_out_what_there_is_not() {
    let nothing = json!({
        "id": id(1), "user_id": id(1), "created_at": CREATED, "updated_at": CREATED,
        "mfa_config": { "auth_app_set_up": false, "totp_enabled": true, "security_keys_enabled": true },
    });
    assert_eq!(shown(&account(), &Config::default()), nothing);
    let mut named = account();
    (named.user.name, named.user.given_name) = (Some("Ada L.".to_owned()), Some(String::new()));
    let mut expected = nothing;
    expected["name"] = json!("Ada L.");
    assert_eq!(shown(&named, &Config::default()), expected);

    named.otp_secret = Some(otp_secrets::Model {
        id: id(9).into(),
        user_id: id(1).into(),
        secret: "secret".to_owned().into(),
        created_at: time().into(),
        updated_at: time().into(),
        tenant_id: DEFAULT_TENANT.into(),
        last_validated_step: None,
    });
    for (mfa, totp, keys) in [(true, true, false), (true, false, true), (false, true, true)] {
        let mut config = Config::default();
        (config.mfa.enabled, config.mfa.totp.enabled, config.mfa.security_keys.enabled) = (mfa, totp, keys);
        let expected =
            json!({ "auth_app_set_up": true, "totp_enabled": mfa && totp, "security_keys_enabled": mfa && keys });
        assert_eq!(shown(&named, &config)["mfa_config"], expected);
    }
}

/// Covers API-121, API-122, API-123, API-134, API-135, PROF-047, PROF-066.
#[test]
fn shows_passkeys_and_security_keys_where_they_are_enabled() {
    let mut account = account();
    account.credentials = vec![credential("cGFzc2tleQ", false, &["hybrid", "internal"]), credential("a2V5", true, &[])];
    let mut config = Config::default();
    config.mfa.enabled = false;
    let credential = |id: &str, transports: Value, mfa_only: bool| {
        json!([{
            "id": id, "public_key": "pQECAyYgASFYIA", "attestation_type": "none", "aaguid": Uuid::nil(),
            "created_at": CREATED, "transports": transports, "backup_eligible": true, "backup_state": false,
            "mfa_only": mfa_only,
        }])
    };
    let profile = shown(&account, &config);
    assert_eq!(profile["passkeys"], credential("cGFzc2tleQ", json!(["hybrid", "internal"]), false));
    assert_eq!(profile["security_keys"], credential("a2V5", json!([]), true));

    config.passkey.enabled = false;
    config.mfa.security_keys.enabled = false;
    let profile = shown(&account, &config);
    assert_eq!((profile.get("passkeys"), profile.get("security_keys")), (None, None));
}

/// Covers API-126, API-127, PROF-057, PROF-058.
#[test]
fn shows_metadata_that_is_meant_for_the_user() {
    let mut account = account();
    let mut show = |public: Option<&str>, private: Option<&str>, of_user: Option<&str>| {
        account.metadata = Some(user_metadata::Model {
            id: id(2).into(),
            user_id: id(1).into(),
            public_metadata: public.map(ToOwned::to_owned),
            private_metadata: private.map(ToOwned::to_owned),
            unsafe_metadata: of_user.map(ToOwned::to_owned),
            created_at: time().into(),
            updated_at: time().into(),
            tenant_id: DEFAULT_TENANT.into(),
        });
        shown(&account, &Config::default()).get("metadata").cloned()
    };
    let public = Some(json!({ "public_metadata": { "plan": "pro" } }));
    assert_eq!(show(Some("{\"plan\":\"pro\"}"), Some("{\"score\":1}"), Some("{}")), public);
    assert_eq!(show(Some("{}"), Some("{\"score\":1}"), None), None);
}

/// Covers API-128, API-129, API-130, API-131, PROF-055, PROF-059, PROF-060, PROF-061, PROF-063.
#[test]
fn shows_identities_of_enabled_providers() {
    let mut account = account();
    account.emails = vec![email(2)];
    account.identities = vec![
        identity(3, "github", Some(2), None),
        identity(4, "google", Some(2), None),
        identity(5, "custom_acme", None, None),
        identity(6, "custom_gone", None, None),
    ];
    let mut config = Config::default();
    config.third_party.providers.google.enabled = true;
    let acme = CustomProvider { enabled: true, display_name: "ACME".to_owned(), ..CustomProvider::default() };
    config.third_party.custom_providers.insert("Acme".to_owned(), acme);

    let shown_as = |number: u128, provider: &str, name: &str| json!({ "id": format!("at-{provider}"), "provider": name, "identity_id": id(number) });
    let (google, acme) = (shown_as(4, "google", "Google"), shown_as(5, "custom_acme", "ACME"));
    let profile = shown(&account, &config);
    assert_eq!(profile["identities"], json!([google, acme]));
    assert_eq!(profile["emails"][0]["identity"], shown_as(3, "github", "GitHub"));
    assert_eq!(profile["emails"][0]["identities"], json!([google]));
}

/// Covers API-130, PROF-062.
#[test]
fn knows_what_providers_are_called() {
    let providers = ThirdParty::default();
    let names = ["apple", "discord", "github", "google", "linkedin", "microsoft", "facebook", " other "];
    let expected = ["Apple", "Discord", "GitHub", "Google", "LinkedIn", "Microsoft", "Facebook", "other"];
    assert_eq!(names.map(|name| display_name(name, &providers)), expected);
}

/// Covers API-132, API-133, PROF-027, PROF-060, PROF-064.
#[test]
fn shows_saml_identities_as_their_providers_say() {
    let mut account = account();
    account.identities = vec![
        identity(2, "https://idp.example.org", None, saml(Some(("Example IdP", true)))),
        identity(3, "https://off.example.org", None, saml(Some(("Off", false)))),
        identity(4, "https://gone.example.org", None, saml(None)),
    ];
    let profile = shown(&account, &Config::default());
    let expected = json!([{ "id": "at-https://idp.example.org", "provider": "Example IdP", "identity_id": id(2) }]);
    assert_eq!(profile["identities"], expected);
}
