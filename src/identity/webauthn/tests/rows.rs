//! Ceremonies as rows.

use super::*;

fn row() -> SessionData {
    SessionData {
        challenge: "A".repeat(43),
        user_id: Uuid::nil(),
        user_verification: "preferred".to_owned(),
        operation: "authentication".to_owned(),
        expires_at: Some(DateTime::UNIX_EPOCH),
        allowed_credentials: Vec::new(),
    }
}

/// Covers LR-392, LR-393.
#[test]
fn stores_a_registration() {
    let bench = Bench::new();
    let (_, ceremony) = bench.start_registration(PASSKEY);
    let row = SessionData::from(&ceremony);
    assert_eq!(
        row,
        SessionData {
            challenge: ceremony.challenge.to_string(),
            user_id: bench.user_id,
            user_verification: "preferred".to_owned(),
            operation: "registration".to_owned(),
            expires_at: Some(bench.now + TimeDelta::milliseconds(500_000)),
            allowed_credentials: Vec::new(),
        }
    );
    assert_eq!(row.challenge.len(), 43);
    assert_eq!(RegistrationCeremony::try_from(row), Ok(ceremony));
}

/// Covers LR-392, LR-393.
#[test]
fn stores_a_discoverable_authentication_for_nobody() {
    let bench = Bench::new();
    let (_, ceremony) = bench.start_discoverable(UserVerification::Required);
    let row = SessionData::from(&ceremony);
    assert_eq!(
        row,
        SessionData {
            challenge: ceremony.challenge.to_string(),
            user_id: Uuid::nil(),
            user_verification: "required".to_owned(),
            operation: "authentication".to_owned(),
            expires_at: Some(bench.now + TimeDelta::milliseconds(400_000)),
            allowed_credentials: Vec::new(),
        }
    );
    assert_eq!(AuthenticationCeremony::try_from(row), Ok(ceremony));
}

/// Covers LR-392, LR-394.
#[test]
fn stores_the_allowed_credentials() {
    let mut bench = Bench::new();
    let credential = bench.registered(SECURITY_KEY);
    let (_, ceremony) = bench.start_for(bench.user_id, &[&credential]);
    let row = SessionData::from(&ceremony);
    assert_eq!(row.user_id, bench.user_id);
    assert_eq!(row.allowed_credentials, [credential.id.to_string()]);
    assert_eq!(row.expires_at, Some(bench.now + TimeDelta::milliseconds(120_000)));
    assert_eq!(AuthenticationCeremony::try_from(row), Ok(ceremony));
}

#[test]
fn takes_a_row_without_user_verification_for_a_preferred_one() {
    let row = SessionData { user_verification: String::new(), ..row() };
    assert_eq!(AuthenticationCeremony::try_from(row).unwrap().user_verification, UserVerification::Preferred);
}

/// Covers LR-099.
#[test]
fn takes_a_row_without_expiry_for_expired() {
    let row = SessionData { expires_at: None, ..row() };
    assert_eq!(AuthenticationCeremony::try_from(row), Err(WebauthnError::Expired));
}

#[test]
fn refuses_rows_that_make_no_sense() {
    let unreadable = |row| matches!(AuthenticationCeremony::try_from(row), Err(WebauthnError::UnreadableCeremony(_)));
    assert!(AuthenticationCeremony::try_from(row()).is_ok());
    assert!(unreadable(SessionData { operation: "registration".to_owned(), ..row() }));
    assert!(unreadable(SessionData { challenge: "A".repeat(42), ..row() }));
    assert!(unreadable(SessionData { challenge: "?".repeat(43), ..row() }));
    assert!(unreadable(SessionData { user_verification: "sometimes".to_owned(), ..row() }));
    assert!(unreadable(SessionData { allowed_credentials: vec!["AAAA".to_owned()], ..row() }));
    assert!(unreadable(SessionData {
        user_id: Uuid::from_u128(1),
        allowed_credentials: vec!["?".to_owned()],
        ..row()
    }));
    assert!(matches!(RegistrationCeremony::try_from(row()), Err(WebauthnError::UnreadableCeremony(_))));
}
