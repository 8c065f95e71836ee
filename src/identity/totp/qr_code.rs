//! QR codes as pictures that a page can show without asking for another file. Knows nothing of what they say.

use std::iter;

use base64::{Engine, engine::general_purpose::STANDARD};
use png::{BitDepth, ColorType, Encoder, EncodingError};
use qrcodegen::{DataTooLong, QrCode, QrCodeEcc};

/// Width and height of a picture in pixels.
const SIZE: i32 = 200;

/// The white border in modules that ISO/IEC 18004 wants.
const BORDER: i32 = 4;

/// Why there is no QR code.
#[derive(Debug, thiserror::Error)]
pub enum QrCodeError {
    /// The text does not fit.
    #[error("the text is too long for a QR code")]
    TooLong(#[from] DataTooLong),
    /// The picture cannot be written.
    #[error("the picture of a QR code cannot be written: {0}")]
    Picture(#[from] EncodingError),
}

/// `text` as a QR code with error correction level M: a PNG in a `data:` URI.
///
/// The largest code has 177 modules a side, so that each module has at least one pixel; each has the same whole number
/// of them, because scanners stumble over modules of unequal size.
pub(super) fn data_uri(text: &str) -> Result<String, QrCodeError> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)?;
    let scale = (SIZE / (code.size() + 2 * BORDER)).max(1);
    let offset = (SIZE - code.size() * scale) / 2;
    let module = |pixel: i32| (pixel - offset).div_euclid(scale);
    let is_dark = |x, y| code.get_module(module(x), module(y));

    // One bit a pixel, eight to a byte, white set.
    let byte = |y, column: i32| {
        (0..8).fold(0, |byte: u8, bit| {
            let x = column * 8 + bit;
            byte << 1 | u8::from(!is_dark(x, y))
        })
    };
    let pixels: Vec<u8> = (0..SIZE).flat_map(|y| (0..SIZE / 8).zip(iter::repeat(y))).map(|(x, y)| byte(y, x)).collect();

    let mut picture = Vec::new();
    let mut encoder = Encoder::new(&mut picture, SIZE.unsigned_abs(), SIZE.unsigned_abs());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(picture)))
}
