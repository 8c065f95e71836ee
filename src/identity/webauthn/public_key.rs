//! Credential public keys: COSE keys (RFC 9053, RFC 8812, WebAuthn section 5.8.5) and the signatures made with them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519, EcdsaVerificationAlgorithm,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents,
};

use super::{algorithm::Algorithm, cbor::Map, error::WebauthnError};

/// Labels of a COSE key map (RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4). Those of -1 and -2 mean
/// different things in different key types.
mod label {
    pub(super) const KEY_TYPE: i64 = 1;
    pub(super) const ALGORITHM: i64 = 3;
    pub(super) const CURVE: i64 = -1;
    pub(super) const X: i64 = -2;
    pub(super) const Y: i64 = -3;
    pub(super) const MODULUS: i64 = -1;
    pub(super) const EXPONENT: i64 = -2;
}

/// Key types of COSE.
mod key_type {
    pub(super) const OKP: i64 = 1;
    pub(super) const EC2: i64 = 2;
    pub(super) const RSA: i64 = 3;
}

/// Sizes of an RSA modulus in bytes that signatures are verified with: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// The longest COSE key in bytes. The longest with no more in it than it needs, of 8192 bits, has about half as many.
const LONGEST: usize = 2048;

/// A valid public key.
#[derive(Debug)]
pub(super) struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a COSE key and validates it: a point has to be on its curve, a modulus of a secure size. It is stored as it
    /// is and shown with each profile, so it may hold more than it needs, but not much more.
    pub(super) fn from_cose(bytes: &[u8]) -> Result<Self, WebauthnError> {
        if bytes.len() > LONGEST {
            return Err(WebauthnError::PublicKey("it is too long"));
        }
        let map = Map::parse(bytes).ok_or(WebauthnError::PublicKey("it is not a CBOR map"))?;
        let id = map.integer(label::ALGORITHM).ok_or(WebauthnError::PublicKey("its algorithm is missing"))?;
        let algorithm = Algorithm::from_id(id).ok_or(WebauthnError::Algorithm(id))?;
        let key = match algorithm {
            Algorithm::Es256 => ec2(&map, 1, 32, &ECDSA_P256_SHA256_ASN1),
            Algorithm::Es384 => ec2(&map, 2, 48, &ECDSA_P384_SHA384_ASN1),
            Algorithm::Es512 => ec2(&map, 3, 66, &ECDSA_P521_SHA512_ASN1),
            Algorithm::Rs256 => rsa(&map, &RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => rsa(&map, &RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => rsa(&map, &RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => rsa(&map, &RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => rsa(&map, &RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => rsa(&map, &RSA_PSS_2048_8192_SHA512),
            Algorithm::EdDsa => ed25519(&map),
        };
        Ok(Self { algorithm, key: key.ok_or(WebauthnError::PublicKey("its parameters are not valid"))? })
    }

    /// The algorithm of its signatures.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is one of `message` with this key (ECDSA: the DER form, WebAuthn section 6.5.5).
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

fn ec2(map: &Map, curve: i64, size: usize, algorithm: &'static EcdsaVerificationAlgorithm) -> Option<ParsedPublicKey> {
    let of_size = |label| map.bytes(label).filter(|coordinate| coordinate.len() == size);
    is(map, key_type::EC2, Some(curve))?;
    // The uncompressed form of SEC 1, section 2.3.3.
    let point = [&[0x04], of_size(label::X)?, of_size(label::Y)?].concat();
    ParsedPublicKey::new(algorithm, point).ok()
}

fn ed25519(map: &Map) -> Option<ParsedPublicKey> {
    is(map, key_type::OKP, Some(6))?;
    let point = map.bytes(label::X).filter(|point| point.len() == 32)?;
    ParsedPublicKey::new(&ED25519, point).ok()
}

fn rsa(map: &Map, parameters: &'static RsaParameters) -> Option<ParsedPublicKey> {
    is(map, key_type::RSA, None)?;
    let n = without_leading_zeros(map.bytes(label::MODULUS)?);
    let e = without_leading_zeros(map.bytes(label::EXPONENT)?);
    if !MODULUS.contains(&n.len()) {
        return None;
    }
    RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok()
}

fn is(map: &Map, key_type: i64, curve: Option<i64>) -> Option<()> {
    let right_type = map.integer(label::KEY_TYPE) == Some(key_type);
    let right_curve = curve.is_none() || map.integer(label::CURVE) == curve;
    (right_type && right_curve).then_some(())
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rsa::KeySize,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
    };
    use serde_cbor_2::Value;

    use super::*;

    const INVALID: WebauthnError = WebauthnError::PublicKey("its parameters are not valid");

    fn integer(integer: i64) -> Value {
        Value::Integer(integer.into())
    }

    fn read(members: &[(i64, Value)]) -> Result<Algorithm, WebauthnError> {
        let map = members.iter().map(|(label, value)| (integer(*label), value.clone())).collect();
        PublicKey::from_cose(&serde_cbor_2::to_vec(&Value::Map(map)).unwrap()).map(|key| key.algorithm())
    }

    #[test]
    fn refuses_elliptic_curve_keys_that_are_none() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let key = |key_type, algorithm, curve, x: &[u8], y: &[u8]| {
            read(&[
                (1, integer(key_type)),
                (3, integer(algorithm)),
                (-1, integer(curve)),
                (-2, Value::Bytes(x.to_vec())),
                (-3, Value::Bytes(y.to_vec())),
            ])
        };
        assert_eq!(key(2, -7, 1, x, y), Ok(Algorithm::Es256));
        assert_eq!(key(1, -7, 1, x, y), Err(INVALID), "another key type");
        assert_eq!(key(2, -7, 2, x, y), Err(INVALID), "another curve");
        assert_eq!(key(2, -35, 1, x, y), Err(INVALID), "another algorithm");
        assert_eq!(key(2, -8, 1, x, y), Err(INVALID), "another algorithm");
        assert_eq!(key(2, -7, 1, &x[1..], y), Err(INVALID), "a short coordinate");
        assert_eq!(key(2, -7, 1, y, x), Err(INVALID), "a point off the curve");
        assert_eq!(key(2, -47, 8, x, y), Err(WebauthnError::Algorithm(-47)), "an algorithm that was not offered");
        assert_eq!(key(1, -8, 6, x, &[]), Ok(Algorithm::EdDsa));
        assert_eq!(key(1, -8, 7, x, &[]), Err(INVALID), "another curve");
        assert_eq!(key(1, -8, 6, &x[1..], &[]), Err(INVALID), "a short point");
    }

    #[test]
    fn refuses_rsa_keys_that_are_too_small() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let modulus = &pair.public_key().as_ref()[9..265];
        let key = |n: &[u8], e: &[u8]| {
            read(&[(1, integer(3)), (3, integer(-257)), (-1, Value::Bytes(n.to_vec())), (-2, Value::Bytes(e.to_vec()))])
        };
        assert_eq!(key(modulus, &[1, 0, 1]), Ok(Algorithm::Rs256));
        assert_eq!(key(&[&[0, 0], modulus].concat(), &[0, 1, 0, 1]), Ok(Algorithm::Rs256), "leading zeros");
        assert_eq!(key(&modulus[1..], &[1, 0, 1]), Err(INVALID), "2040 bits");
        assert_eq!(key(modulus, &[]), Err(INVALID), "no exponent");
        assert_eq!(key(&[], &[1, 0, 1]), Err(INVALID), "no modulus");
        assert_eq!(key(&[0xFF; 1025], &[1, 0, 1]), Err(INVALID), "8200 bits");
    }

    #[test]
    fn refuses_what_is_no_key() {
        assert_eq!(read(&[]), Err(WebauthnError::PublicKey("its algorithm is missing")));
        assert!(PublicKey::from_cose(b"").is_err());
        assert!(PublicKey::from_cose(b"\x80").is_err());
    }
}
