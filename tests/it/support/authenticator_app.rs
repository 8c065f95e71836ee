//! An authenticator app (RFC 6238) with the person who holds it. Nothing here knows the server's code.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::Value;

/// An app into which a secret was typed.
pub(crate) struct AuthenticatorApp(Key);

impl AuthenticatorApp {
    /// The app after the secret of a payload was typed in.
    pub(crate) fn with_secret(secret: &Value) -> Self {
        Self(Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret.as_str().unwrap())))
    }

    /// The code of a time step.
    pub(crate) fn code(&self, step: i64) -> String {
        let signature = sign(&self.0, &step.to_be_bytes());
        let bytes = signature.as_ref();
        let offset = usize::from(bytes[19] & 0x0f);
        let number = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// A code that is none of those around a time step.
    pub(crate) fn wrong_code(&self, step: i64) -> String {
        let right: Vec<String> = (step - 2..=step + 2).map(|step| self.code(step)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

/// The time step at a time.
pub(crate) fn step_at(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(30)
}

/// Asserts that the picture of a payload is a QR code of 200 by 200 pixels that says `text`.
pub(crate) fn assert_says(picture: &Value, text: &str) {
    let encoded = picture.as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(STANDARD.decode(encoded).unwrap())).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    assert_eq!((info.width, info.height), (200, 200));
    let dark = |x: usize, y: usize| buffer[y * info.line_size + x / 8] >> (7 - x % 8) & 1 == 0;
    let corner = (0..200).find(|&at| dark(at, at)).unwrap();
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
    let size = usize::try_from(code.size()).unwrap();
    let scale = (200 - 2 * corner) / size;
    for (x, y) in (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y))) {
        let pixel = |module: i32| corner + usize::try_from(module).unwrap() * scale;
        assert_eq!(dark(pixel(x), pixel(y)), code.get_module(x, y), "the QR code does not say {text}");
    }
}

fn base32(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for character in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|&known| known == character).unwrap();
        buffer = buffer << 5 & 0x1fff | u32::try_from(value).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).unwrap());
        }
    }
    bytes
}
