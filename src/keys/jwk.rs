//! JSON Web Keys (RFC 7517, RFC 7518 section 6.3) for RSA: generation, and the private and public forms. Knows nothing
//! of where keys are kept.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeyPairComponents, KeySize, PublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pkcs1::RsaPrivateKeyRef;
use pkcs8::{PrivateKeyInfoRef, der::Decode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// The only signature algorithm of the server: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
pub const ALGORITHM: &str = "RS256";

/// Why a JWK cannot be made or used.
#[derive(Debug, Error)]
pub enum JwkError {
    /// The text is not a JWK, or a member is missing. Says no more: the parser's message could quote the key.
    #[error("not a JSON Web Key")]
    Malformed,
    /// The key type, the algorithm or the use is another than RSA, RS256 and sig.
    #[error("not an RSA key for RS256 signatures")]
    Unsupported,
    /// A number is not unpadded URL-safe base64.
    #[error("the member {0} is not unpadded URL-safe base64")]
    Encoding(&'static str),
    /// The numbers do not make an RSA key of 2048 to 8192 bits.
    #[error("the numbers of the key are inconsistent or of an unsupported size")]
    Rejected,
    /// The cryptographic library could not generate or export a key.
    #[error("an RSA key could not be generated")]
    Generation,
}

/// A private RSA key. All numbers are unpadded URL-safe base64 of their big-endian bytes without leading zeros.
#[derive(Clone, Serialize, Deserialize)]
pub struct PrivateJwk {
    #[serde(default = "algorithm")]
    alg: String,
    d: String,
    dp: String,
    dq: String,
    e: String,
    kid: String,
    kty: String,
    n: String,
    p: String,
    q: String,
    qi: String,
    #[serde(rename = "use", default = "signature_use")]
    usage: String,
}

/// The public half of a key, with exactly the members that the JWK set publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jwk {
    /// The algorithm: `RS256`.
    pub alg: String,
    /// The public exponent, unpadded URL-safe base64.
    pub e: String,
    /// The key id that token headers name.
    pub kid: String,
    /// The key type: `RSA`.
    pub kty: String,
    /// The modulus, unpadded URL-safe base64.
    pub n: String,
    /// The use: `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

/// A JWK set (RFC 7517 section 5), the body of `GET /.well-known/jwks.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JwkSet {
    /// The keys, oldest first.
    pub keys: Vec<Jwk>,
}

impl PrivateJwk {
    /// Generates an RSA key of 4096 bits with the public exponent 65537. Takes seconds: call it on the blocking pool.
    ///
    /// The key's randomness is the cryptographic library's own; it cannot be injected.
    ///
    /// # Errors
    /// [`JwkError::Generation`].
    pub fn generate(kid: impl Into<String>) -> Result<Self, JwkError> {
        let pair = KeyPair::generate(KeySize::Rsa4096).map_err(|_| JwkError::Generation)?;
        let document: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| JwkError::Generation)?;
        let info = PrivateKeyInfoRef::from_der(document.as_ref()).map_err(|_| JwkError::Generation)?;
        let key = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).map_err(|_| JwkError::Generation)?;
        let encode = |number: pkcs8::der::asn1::UintRef<'_>| URL_SAFE_NO_PAD.encode(number.as_bytes());
        Ok(Self {
            alg: algorithm(),
            d: encode(key.private_exponent),
            dp: encode(key.exponent1),
            dq: encode(key.exponent2),
            e: encode(key.public_exponent),
            kid: kid.into(),
            kty: "RSA".to_owned(),
            n: encode(key.modulus),
            p: encode(key.prime1),
            q: encode(key.prime2),
            qi: encode(key.coefficient),
            usage: signature_use(),
        })
    }

    /// Reads a JWK in any member order; unknown members are ignored.
    ///
    /// # Errors
    /// [`JwkError::Malformed`], or [`JwkError::Unsupported`] for another kind of key.
    pub fn from_json(json: &[u8]) -> Result<Self, JwkError> {
        let jwk: Self = serde_json::from_slice(json).map_err(|_| JwkError::Malformed)?;
        if jwk.kty != "RSA" || jwk.alg != ALGORITHM || jwk.usage != "sig" {
            return Err(JwkError::Unsupported);
        }
        Ok(jwk)
    }

    /// The JWK as one line of JSON, members in alphabetical order.
    ///
    /// # Errors
    /// [`JwkError::Malformed`].
    pub fn to_json(&self) -> Result<Zeroizing<String>, JwkError> {
        serde_json::to_string(self).map(Zeroizing::new).map_err(|_| JwkError::Malformed)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Jwk {
        Jwk {
            alg: self.alg.clone(),
            e: self.e.clone(),
            kid: self.kid.clone(),
            kty: self.kty.clone(),
            n: self.n.clone(),
            usage: self.usage.clone(),
        }
    }

    /// The key pair, its numbers checked for consistency.
    ///
    /// # Errors
    /// [`JwkError::Encoding`] or [`JwkError::Rejected`].
    pub fn key_pair(&self) -> Result<KeyPair, JwkError> {
        let private = |name, text: &str| decode(name, text).map(Zeroizing::new);
        KeyPair::from_components(&KeyPairComponents {
            public_key: self.public().components()?,
            d: private("d", &self.d)?,
            p: private("p", &self.p)?,
            q: private("q", &self.q)?,
            dP: private("dp", &self.dp)?,
            dQ: private("dq", &self.dq)?,
            qInv: private("qi", &self.qi)?,
        })
        .map_err(|_| JwkError::Rejected)
    }
}

impl Jwk {
    /// Modulus and exponent as bytes.
    ///
    /// # Errors
    /// [`JwkError::Encoding`].
    pub fn components(&self) -> Result<PublicKeyComponents<Vec<u8>>, JwkError> {
        Ok(PublicKeyComponents { n: decode("n", &self.n)?, e: decode("e", &self.e)? })
    }
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        for number in [&mut self.d, &mut self.dp, &mut self.dq, &mut self.p, &mut self.q, &mut self.qi] {
            number.zeroize();
        }
    }
}

impl fmt::Debug for PrivateJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateJwk").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn algorithm() -> String {
    ALGORITHM.to_owned()
}

fn signature_use() -> String {
    "sig".to_owned()
}

fn decode(name: &'static str, text: &str) -> Result<Vec<u8>, JwkError> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::Encoding(name))?;
    // Some encoders write a sign byte, as in DER; the library wants the bare number.
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes.drain(..zeros);
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use serde_json::{Value, json};

    use super::*;

    /// Keys that the tests of this module tree share: one of 4096 bits takes about a second.
    pub(crate) static KEYS: LazyLock<[PrivateJwk; 2]> = LazyLock::new(|| {
        [
            PrivateJwk::generate("7d1c2b7e-53a5-4b0e-9f0e-0c7f6b1f2a11").unwrap(),
            PrivateJwk::generate("0e0c7a0e-5d0f-4c39-8a4b-1c1a2f1f6d11").unwrap(),
        ]
    });

    fn parsed(jwk: &PrivateJwk) -> Value {
        serde_json::from_str(&jwk.to_json().unwrap()).unwrap()
    }

    /// Covers KEY-8, SRV-10.
    #[test]
    fn generates_keys_of_4096_bits_for_rs256() {
        let jwk = parsed(&KEYS[0]);
        let members: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "d", "dp", "dq", "e", "kid", "kty", "n", "p", "q", "qi", "use"]);
        assert_eq!((&jwk["alg"], &jwk["kty"], &jwk["use"]), (&json!("RS256"), &json!("RSA"), &json!("sig")));
        assert_eq!(jwk["e"], "AQAB");
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        assert_eq!(modulus.len(), 512);
        assert!(modulus[0] >= 0x80, "all 4096 bits are used");
    }

    #[test]
    fn a_key_survives_its_json_form_in_any_member_order() {
        let mut members: Vec<_> = parsed(&KEYS[0]).as_object().unwrap().clone().into_iter().collect();
        members.reverse();
        members.push(("x5t".to_owned(), json!("unknown members do no harm")));
        let text = serde_json::to_vec(&Value::Object(members.into_iter().collect())).unwrap();
        let read = PrivateJwk::from_json(&text).unwrap();
        assert_eq!(*read.to_json().unwrap(), *KEYS[0].to_json().unwrap());
        assert_eq!(read.key_pair().unwrap().public_modulus_len(), 512);
    }

    /// Covers KEY-13.
    #[test]
    fn the_public_form_has_no_private_member() {
        let public = serde_json::to_value(KEYS[0].public()).unwrap();
        let members: Vec<_> = public.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }

    #[test]
    fn refuses_other_kinds_of_keys_and_inconsistent_numbers() {
        let with = |member: &str, value: Value| {
            let mut jwk = parsed(&KEYS[0]);
            jwk[member] = value;
            PrivateJwk::from_json(&serde_json::to_vec(&jwk).unwrap())
        };
        for (member, value) in [("kty", "EC"), ("alg", "RS512"), ("use", "enc")] {
            assert!(matches!(with(member, json!(value)), Err(JwkError::Unsupported)), "{member}");
        }
        assert!(matches!(PrivateJwk::from_json(b"{}"), Err(JwkError::Malformed)));
        assert!(matches!(with("d", json!("no base64!")).unwrap().key_pair(), Err(JwkError::Encoding("d"))));
        let foreign = parsed(&KEYS[1])["d"].clone();
        assert!(matches!(with("d", foreign).unwrap().key_pair(), Err(JwkError::Rejected)));
        assert!(matches!(with("n", json!("")).unwrap().key_pair(), Err(JwkError::Rejected)));
    }

    #[test]
    fn never_prints_a_private_number() {
        let printed = format!("{:?}", KEYS[0]);
        assert!(printed.contains("7d1c2b7e") && !printed.contains(parsed(&KEYS[0])["d"].as_str().unwrap()));
    }
}
