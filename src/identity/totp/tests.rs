use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;
use crate::random::{SeededRandom, SystemRandom};

/// The secret of RFC 6238 appendix B, `12345678901234567890`.
const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn secret_box(secret: &str) -> SecretBox {
    SecretBox::new(&[Secret::new(secret.to_owned())], Arc::new(SystemRandom)).unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn rfc_secret() -> TotpSecret {
    TotpSecret::open(&plain(RFC_SECRET), &secret_box("a-secret-of-the-server")).unwrap()
}

fn plain(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn accepted(code: &str, seconds: i64) -> Option<i32> {
    rfc_secret().accepted_step(&plain(code), at(seconds))
}

/// The last six of the eight digits of the test vectors of RFC 6238 appendix B.
#[test]
fn accepts_the_codes_of_the_standard() {
    for (seconds, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(accepted(code, seconds).map(i64::from), Some(seconds / 30), "{code}");
    }
}

#[test]
fn accepts_the_current_step_and_its_neighbours_only() {
    let step = 1_111_111_109 / 30;
    let code = "081804";
    for (seconds, expected) in [
        ((step - 2) * 30 + 29, None),
        ((step - 1) * 30, Some(step)),
        (step * 30, Some(step)),
        ((step + 1) * 30 + 29, Some(step)),
        ((step + 2) * 30, None),
    ] {
        assert_eq!(accepted(code, seconds).map(i64::from), expected, "at {seconds}");
    }
}

#[test]
fn ignores_white_space_around_a_code_and_takes_nothing_else_for_one() {
    assert_eq!(accepted(" \u{a0}287082\n", 59), Some(1));
    for code in ["", " ", "28708", "0287082", "287 082", "+87082", "28708a", "２８７０８２", "٢٨٧٠٨٢", "287082\0"]
    {
        assert_eq!(accepted(code, 59), None, "{code:?}");
    }
}

#[test]
fn survives_times_at_the_ends_of_the_calendar() {
    for now in [DateTime::<Utc>::MIN_UTC, at(-1), at(0), DateTime::<Utc>::MAX_UTC] {
        assert_eq!(rfc_secret().accepted_step(&plain("000000"), now), None, "{now}");
    }
}

/// Covers ENC-14.
#[test]
fn draws_a_new_secret_of_160_bits_each_time() {
    let random = SystemRandom;
    let (one, other) = (TotpSecret::draw(&random), TotpSecret::draw(&random));
    assert_ne!(one, other);
    let base32 = one.base32().expose();
    assert_eq!(base32.len(), 32);
    assert!(base32.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)), "{base32}");
}

#[test]
fn stores_a_secret_encrypted_and_reads_it_again() {
    let (secret, secrets) = (rfc_secret(), secret_box("a-secret-of-the-server"));
    let stored = secret.seal(&secrets).unwrap();
    assert!(!stored.expose().contains(RFC_SECRET));
    assert!(stored.expose().len() <= 255, "the column holds no more");
    assert_eq!(TotpSecret::open(&stored, &secrets).unwrap(), secret);
    assert_eq!(accepted_step(&stored, &secrets, &plain("287082"), at(59)), Ok(Some(1)));
    assert_eq!(
        accepted_step(&stored, &secret_box("another-secret-of-a-server"), &plain("287082"), at(59)),
        Err(StoredSecretError::Sealed(SecretBoxError::NoSecretFits))
    );
}

/// Covers ENC-14.
#[test]
fn reads_plain_secrets_as_the_original_and_imports_leave_them() {
    let secrets = secret_box("a-secret-of-the-server");
    for stored in [RFC_SECRET, "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ===="] {
        assert_eq!(accepted_step(&plain(stored), &secrets, &plain("287082"), at(59)), Ok(Some(1)), "{stored}");
    }
    // Shorter than RFC 4226 section 4 wants.
    assert_eq!(accepted_step(&plain("MFRGG"), &secrets, &plain("000000"), at(59)), Ok(None));
    for stored in ["", "=", "not base32", "11111111"] {
        let read = accepted_step(&plain(stored), &secrets, &plain("287082"), at(59));
        assert_eq!(read, Err(StoredSecretError::Base32), "{stored}");
    }
}

#[test]
fn names_the_service_and_the_account_to_the_app() {
    let uri = rfc_secret().uri("Kiosk & Co: \"Ä\"", "kim+1@example.com");
    assert_eq!(
        uri.expose(),
        "otpauth://totp/Kiosk%20%26%20Co%3A%20%22%C3%84%22:kim%2B1%40example.com?algorithm=SHA1&digits=6\
         &issuer=Kiosk%20%26%20Co%3A%20%22%C3%84%22&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    );
}

#[test]
fn never_prints_a_secret() {
    assert!(!format!("{:?}", rfc_secret()).contains("GEZDG"));
}

/// The dark pixels of the picture in `data_uri`, row by row.
fn pixels(data_uri: &str) -> Vec<Vec<bool>> {
    let picture = STANDARD.decode(data_uri.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    assert_eq!((info.width, info.height), (200, 200));
    let row = |row: &[u8]| (0..200).map(|x| row[x / 8] >> (7 - x % 8) & 1 == 0).collect();
    buffer.chunks(info.line_size).map(row).collect()
}

#[test]
fn draws_the_qr_code_of_the_uri_inside_a_white_border() {
    let (issuer, account) = ("Example", "kim@example.com");
    let drawn = pixels(rfc_secret().qr_code(issuer, account).unwrap().expose());
    let code = qrcodegen::QrCode::encode_text(rfc_secret().uri(issuer, account).expose(), qrcodegen::QrCodeEcc::Medium)
        .unwrap();

    let dark = |line: &Vec<bool>| line.iter().any(|dark| *dark);
    let first = drawn.iter().position(dark).unwrap();
    let scale = usize::try_from(200 / (code.size() + 8)).unwrap();
    assert!(first >= 4 * scale, "the border has {first} pixels");
    for y in 0..code.size() {
        for x in 0..code.size() {
            let pixel = |module: i32| first + usize::try_from(module).unwrap() * scale;
            assert_eq!(drawn[pixel(y)][pixel(x)], code.get_module(x, y), "at {x}, {y}");
        }
    }
}

#[test]
fn draws_long_names_and_refuses_those_that_no_qr_code_holds() {
    let random: &dyn Random = &SeededRandom::new(7);
    let drawn = pixels(TotpSecret::draw(random).qr_code(&"n".repeat(900), &"a".repeat(300)).unwrap().expose());
    assert!(drawn.iter().flatten().any(|dark| *dark));
    assert!(matches!(rfc_secret().qr_code(&"n".repeat(3000), "a"), Err(QrCodeError::TooLong(_))));
}

proptest! {
    #[test]
    fn judges_any_text_without_failing(code in ".*", seconds in any::<i32>()) {
        let step = accepted(&code, seconds.into());
        prop_assert!(step.is_none() || code.trim().len() == 6);
    }

    #[test]
    fn reads_any_stored_text_without_failing(stored in ".*") {
        let _ = accepted_step(&plain(&stored), &secret_box("a-secret-of-the-server"), &plain("287082"), at(59));
    }
}
