//! JSON Web Signatures in compact form (RFC 7515) with RS256. Knows no claim.

use std::borrow::Cow;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};
use thiserror::Error;

use super::jwk::{ALGORITHM, Jwk, JwkError, PrivateJwk};

/// The signature length of the largest supported key, 8192 bits.
const MAX_SIGNATURE_LEN: usize = 1024;

/// Why a token is refused.
#[derive(Debug, Error)]
pub enum TokenError {
    /// Not a compact JWS with a JSON header and a JSON object as payload, or a time claim is not a number.
    #[error("the token is malformed")]
    Malformed,
    /// The header names another algorithm than RS256, or an extension that must be understood (`crit`).
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// The header names no key, or one that the server does not have.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The signature does not belong to header and payload.
    #[error("the signature of the token is wrong")]
    Signature,
    /// `exp` has come, or is absent.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` has not come yet.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// A private key, parsed once, with the header of the tokens that it signs.
#[derive(Debug)]
pub struct SigningKey {
    pair: KeyPair,
    verifying: VerifyingKey,
}

impl SigningKey {
    /// Parses and checks the numbers of `jwk`.
    ///
    /// # Errors
    /// [`JwkError::Encoding`] or [`JwkError::Rejected`].
    pub fn new(jwk: &PrivateJwk) -> Result<Self, JwkError> {
        Ok(Self { pair: jwk.key_pair()?, verifying: VerifyingKey::new(jwk.public())? })
    }

    /// The public half.
    #[must_use]
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Header and payload of the token for `claims`, still without a signature.
    ///
    /// # Errors
    /// When `claims` cannot be written as JSON.
    pub fn signing_input(&self, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        let payload = serde_json::to_vec(claims)?;
        let mut input = String::with_capacity(self.verifying.header.len() + payload.len() * 4 / 3 + 1024);
        input.push_str(&self.verifying.header);
        input.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut input);
        Ok(input)
    }

    /// Completes a text of [`SigningKey::signing_input`] to a token. Takes milliseconds of computing.
    ///
    /// # Errors
    /// [`JwkError::Rejected`] when the library refuses to sign.
    pub fn sign(&self, mut input: String) -> Result<String, JwkError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .map_err(|_| JwkError::Rejected)?;
        input.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut input);
        Ok(input)
    }
}

/// A public key, parsed once.
#[derive(Debug)]
pub struct VerifyingKey {
    jwk: Jwk,
    header: String,
    public: ParsedPublicKey,
}

impl VerifyingKey {
    /// Parses the numbers of `jwk`.
    ///
    /// # Errors
    /// [`JwkError::Encoding`] or [`JwkError::Rejected`].
    pub fn new(jwk: Jwk) -> Result<Self, JwkError> {
        let public =
            jwk.components()?.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| JwkError::Rejected)?;
        let header = serde_json::json!({ "alg": ALGORITHM, "kid": jwk.kid, "typ": "JWT" }).to_string();
        Ok(Self { header: URL_SAFE_NO_PAD.encode(header), jwk, public })
    }

    /// The key as it is published.
    #[must_use]
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Whether the token's header names this key.
    fn is_named_by(&self, header: &Header<'_>) -> bool {
        match header {
            Header::Own(text) => self.header == *text,
            Header::Foreign { kid } => self.jwk.kid == *kid,
        }
    }
}

enum Header<'t> {
    /// The encoded header of one of the given keys, byte for byte.
    Own(&'t str),
    /// Another header that names RS256.
    Foreign { kid: String },
}

/// The parts of a token; nothing is checked yet but that there are three of them.
#[derive(Debug, Clone, Copy)]
pub struct CompactJws<'t> {
    token: &'t str,
    header: &'t str,
    payload: &'t str,
    signing_input: &'t str,
    signature: &'t str,
}

impl<'t> CompactJws<'t> {
    /// Takes a token apart; white space around it is ignored.
    ///
    /// # Errors
    /// [`TokenError::Malformed`].
    pub fn parse(token: &'t str) -> Result<Self, TokenError> {
        let token = token.trim();
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::Malformed)?;
        if payload.contains('.') {
            return Err(TokenError::Malformed);
        }
        Ok(Self { token, header, payload, signing_input, signature })
    }

    /// The whole token without the white space around it.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.token
    }

    /// The key among `keys` that the header names.
    ///
    /// # Errors
    /// [`TokenError::Malformed`], [`TokenError::Algorithm`] or [`TokenError::UnknownKey`].
    pub fn key<'k>(
        &self,
        keys: impl Iterator<Item = &'k VerifyingKey> + Clone,
    ) -> Result<&'k VerifyingKey, TokenError> {
        let own = Header::Own(self.header);
        if let Some(key) = keys.clone().find(|key| key.is_named_by(&own)) {
            return Ok(key);
        }
        let foreign = read_header(self.header)?;
        let mut keys = keys;
        keys.find(|key| key.is_named_by(&foreign)).ok_or(TokenError::UnknownKey)
    }

    /// Checks the signature with `key`.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] or [`TokenError::Signature`].
    pub fn check_signature(&self, key: &VerifyingKey) -> Result<(), TokenError> {
        let mut signature = [0; MAX_SIGNATURE_LEN];
        let length = URL_SAFE_NO_PAD.decode_slice(self.signature, &mut signature).map_err(|_| TokenError::Malformed)?;
        let signature = signature.get(..length).unwrap_or_default();
        key.public.verify_sig(self.signing_input.as_bytes(), signature).map_err(|_| TokenError::Signature)
    }

    /// The claims. Check the signature first.
    ///
    /// # Errors
    /// [`TokenError::Malformed`].
    pub fn claims(&self) -> Result<Map<String, Value>, TokenError> {
        let payload = URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)
    }
}

fn read_header(text: &str) -> Result<Header<'_>, TokenError> {
    #[derive(Deserialize)]
    struct Members<'a> {
        #[serde(borrow)]
        alg: Cow<'a, str>,
        kid: Option<String>,
        crit: Option<IgnoredAny>,
    }

    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
    let members: Members<'_> = serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)?;
    if members.alg != ALGORITHM || members.crit.is_some() {
        return Err(TokenError::Algorithm);
    }
    Ok(Header::Foreign { kid: members.kid.ok_or(TokenError::UnknownKey)? })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::keys::jwk::tests::KEYS;

    static SIGNING: LazyLock<[SigningKey; 2]> =
        LazyLock::new(|| [&KEYS[0], &KEYS[1]].map(|jwk| SigningKey::new(jwk).unwrap()));

    fn token(claims: &Value) -> String {
        SIGNING[0].sign(SIGNING[0].signing_input(claims).unwrap()).unwrap()
    }

    fn check(token: &str) -> Result<Map<String, Value>, TokenError> {
        let jws = CompactJws::parse(token)?;
        jws.check_signature(jws.key(SIGNING.iter().map(SigningKey::verifying))?)?;
        jws.claims()
    }

    fn forged(header: &Value) -> String {
        let genuine = token(&json!({}));
        let rest = genuine.split_once('.').unwrap().1;
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    /// Covers SESS-1, KEY-12.
    #[test]
    fn writes_algorithm_key_and_type_into_the_header() {
        let token = token(&json!({"a": 1}));
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        assert_eq!(
            String::from_utf8(header).unwrap(),
            r#"{"alg":"RS256","kid":"7d1c2b7e-53a5-4b0e-9f0e-0c7f6b1f2a11","typ":"JWT"}"#
        );
    }

    #[test]
    fn accepts_what_it_signed_also_with_white_space_around() {
        let claims = json!({"sub": "x", "list": [1, "two", null]});
        let token = token(&claims);
        assert_eq!(Value::Object(check(&token).unwrap()), claims);
        assert!(check(&format!(" \t{token}\r\n")).is_ok());
    }

    #[test]
    fn accepts_headers_of_other_issuers_of_the_same_key() {
        let header = json!({"typ": "JWT", "kid": KEYS[0].public().kid, "alg": "RS256"}).to_string();
        let payload = URL_SAFE_NO_PAD.encode("{}");
        let input = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
        assert!(check(&SIGNING[0].sign(input).unwrap()).is_ok());
    }

    /// Covers KEY-19.
    #[test]
    fn refuses_other_algorithms_unknown_keys_and_critical_extensions() {
        let kid = KEYS[0].public().kid;
        for alg in ["none", "HS256", "RS512", "rs256", ""] {
            let error = check(&forged(&json!({"alg": alg, "kid": kid}))).unwrap_err();
            assert!(matches!(error, TokenError::Algorithm), "{alg}: {error}");
        }
        let error = check(&forged(&json!({"alg": "RS256", "kid": kid, "crit": ["b64"]}))).unwrap_err();
        assert!(matches!(error, TokenError::Algorithm));
        for header in [json!({"alg": "RS256", "kid": "key1"}), json!({"alg": "RS256"})] {
            assert!(matches!(check(&forged(&header)), Err(TokenError::UnknownKey)), "{header}");
        }
    }

    /// Covers KEY-19.
    #[test]
    fn refuses_signatures_of_other_texts_and_of_other_keys() {
        let one = token(&json!({"sub": "one"}));
        let two = token(&json!({"sub": "two"}));
        let (input, _) = one.rsplit_once('.').unwrap();
        let (_, signature) = two.rsplit_once('.').unwrap();
        assert!(matches!(check(&format!("{input}.{signature}")), Err(TokenError::Signature)));
        assert!(matches!(check(&format!("{input}.")), Err(TokenError::Signature)));
        let other = SIGNING[1].sign(input.to_owned()).unwrap();
        assert!(matches!(check(&other), Err(TokenError::Signature)));
    }

    #[test]
    fn refuses_texts_that_are_no_tokens() {
        let genuine = token(&json!({}));
        let (input, signature) = genuine.rsplit_once('.').unwrap();
        let oversized = format!("{input}.{}", "A".repeat(4000));
        let array = SIGNING[0].sign(SIGNING[0].signing_input(&json!([1])).unwrap()).unwrap();
        for text in [
            "",
            ".",
            "..",
            "a.b",
            input,
            &format!("{input}.{signature}=="),
            &format!("{genuine}.x"),
            &oversized,
            &array,
        ] {
            assert!(matches!(check(text), Err(TokenError::Malformed)), "{text}");
        }
    }

    #[test]
    #[ignore = "measures; prints microseconds"]
    fn measures_signing_and_verifying() {
        let input = SIGNING[0].signing_input(&json!({"sub": "0b0f3f0c-3c55-4f3f-9a63-6b4b4b8a9f10"})).unwrap();
        let fastest = |what: &str, rounds: u32, mut work: Box<dyn FnMut() + '_>| {
            let time = |()| {
                let start = std::time::Instant::now();
                work();
                start.elapsed()
            };
            println!("\n{what}: {:?}", std::iter::repeat_n((), rounds as usize).map(time).min().unwrap());
        };
        let signed = SIGNING[0].sign(input.clone()).unwrap();
        fastest("sign", 200, Box::new(|| drop(SIGNING[0].sign(input.clone()).unwrap())));
        fastest("verify", 2000, Box::new(|| drop(check(&signed).unwrap())));
        fastest("parse key", 20, Box::new(|| drop(SigningKey::new(&KEYS[0]).unwrap())));
        fastest("generate", 5, Box::new(|| drop(PrivateJwk::generate("x").unwrap())));
    }
}
