use serde_json::json;

use super::*;
use crate::storage::{
    DEFAULT_TENANT,
    entities::{otp_secrets, users},
};

fn account() -> Account {
    let time = "2026-05-01T08:00:00.5Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into();
    let id = |number| Uuid::from_u128(number).into();
    Account {
        user: users::Model {
            id: id(1),
            created_at: time,
            updated_at: time,
            name: Some(String::new()),
            family_name: None,
            given_name: Some("Ada".to_owned()),
            picture: None,
            tenant_id: DEFAULT_TENANT.into(),
        },
        emails: vec![emails::Model {
            id: id(2),
            user_id: Some(id(1)),
            address: "ada@example.org".to_owned(),
            verified: false,
            created_at: time,
            updated_at: time,
            tenant_id: DEFAULT_TENANT.into(),
        }],
        primary_email_id: Some(Uuid::from_u128(2)),
        username: None,
        password: Some(password_credentials::Model {
            id: id(3),
            user_id: id(1),
            password: "hash".to_owned().into(),
            created_at: time,
            updated_at: time,
            tenant_id: DEFAULT_TENANT.into(),
        }),
        otp_secret: Some(otp_secrets::Model {
            id: id(4),
            user_id: id(1),
            secret: "secret".to_owned().into(),
            created_at: time,
            updated_at: time,
            tenant_id: DEFAULT_TENANT.into(),
            last_validated_step: None,
        }),
        metadata: Some(user_metadata::Model {
            id: id(5),
            user_id: id(1),
            public_metadata: Some("{}".to_owned()),
            private_metadata: Some("{\"score\":1}".to_owned()),
            unsafe_metadata: Some("no object".to_owned()),
            created_at: time,
            updated_at: time,
            tenant_id: DEFAULT_TENANT.into(),
        }),
        credentials: vec![],
        identities: vec![storage::profile::Identity {
            row: identities::Model {
                id: id(6),
                provider_user_id: "1098".to_owned(),
                provider_id: "google".to_owned(),
                data: None,
                email_id: None,
                created_at: time,
                updated_at: time,
                user_id: Some(id(1)),
                tenant_id: DEFAULT_TENANT.into(),
            },
            saml: None,
        }],
    }
}

/// Covers API-213, API-214, API-215, API-216, API-217.
#[test]
fn shows_administrators_everything_but_secrets() {
    let (id, time) = (|number| Uuid::from_u128(number), "2026-05-01T08:00:00.5Z");
    assert_eq!(
        serde_json::to_value(User::from(&account())).unwrap(),
        json!({
            "id": id(1),
            "emails": [{
                "id": id(2), "address": "ada@example.org", "is_verified": false, "is_primary": true,
                "created_at": time, "updated_at": time,
            }],
            "created_at": time,
            "updated_at": time,
            "password": { "id": id(3), "tenant_id": DEFAULT_TENANT, "created_at": time, "updated_at": time },
            "identities": [{
                "id": id(6), "provider_id": "1098", "provider_name": "google", "email_id": null,
                "created_at": time, "updated_at": time,
            }],
            "otp": { "id": id(4), "created_at": time },
            "metadata": { "private_metadata": { "score": 1 } },
            "given_name": "Ada",
        })
    );
}

#[test]
fn gives_tokens_the_primary_address_only() {
    let mut account = account();
    let claim = account.email_claim().unwrap();
    assert_eq!((claim.address.as_str(), claim.is_primary, claim.is_verified), ("ada@example.org", true, false));
    account.primary_email_id = None;
    assert_eq!(account.email_claim(), None);
    let template = account.template_user();
    assert_eq!((template.given_name.as_str(), template.name.as_str()), ("Ada", ""));
    assert!(template.public_metadata.is_empty());
}
