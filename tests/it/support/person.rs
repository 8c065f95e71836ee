//! Somebody who uses the flows: fills in whatever an action asks for, as a willing person or as an odd one. Knows inputs by
//! their names and kinds, and no state.

use aws_lc_rs::hmac;
use sealflow::random::{Random, SeededRandom};
use serde_json::{Map, Value, json};

use super::{
    authenticator::Authenticator,
    flow::{Flow, ORIGIN, Site, code_in},
};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Some are taken when somebody new comes, most are not.
const NAMES: [&str; 5] = ["ada", "grace", "edith", "mary", "joan"];

/// Somebody.
pub(crate) struct Person {
    random: SeededRandom,
    /// One for each passkey, the newest last.
    authenticators: Vec<Authenticator>,
    /// Whether their devices know passkeys.
    pub(crate) knows_passkeys: bool,
    /// The secret of their authenticator app (base32), once they saw one.
    otp_secret: Option<String>,
}

impl Person {
    /// Whatever they choose follows from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        Self { random, authenticators: Vec::new(), knows_passkeys: seed % 4 < 2, otp_secret: None }
    }

    /// A number below `n`.
    pub(crate) fn below(&self, n: usize) -> usize {
        let random: &dyn Random = &self.random;
        random.below(u32::try_from(n).unwrap()) as usize
    }

    /// One of `all`, which must not be empty.
    pub(crate) fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// What a willing person fills in for an action.
    pub(crate) fn fills_in(&mut self, site: &Site, flow: &Flow<'_>, action: &str) -> Value {
        // A passkey that was made in a flow that nobody finished.
        if flow.body["error"]["code"] == "passkey_invalid" {
            self.authenticators.pop();
        }
        if let Some(secret) = flow.payload("otp_secret").as_str() {
            self.otp_secret = Some(secret.to_owned());
        }
        let inputs: Map<String, Value> = flow.inputs(action).clone();
        let filled = inputs.iter().map(|(name, input)| (name.clone(), self.value(site, flow, name, input)));
        Value::Object(filled.collect())
    }

    fn value(&mut self, site: &Site, flow: &Flow<'_>, name: &str, input: &Value) -> Value {
        if let Some(allowed) = input["allowed_values"].as_array() {
            return self.one_of(allowed)["value"].clone();
        }
        let payload = &flow.body["payload"];
        match (input["type"].as_str().unwrap(), name) {
            ("boolean", _) => self.knows_passkeys.into(),
            ("json", _) => match ceremony(payload) {
                Some((true, options)) => self.creates(options),
                Some((false, options)) => self.signs(options),
                None => json!({ "colour": "blue", "shape": null }),
            },
            (_, "code") => {
                let newest = site.mails().into_iter().find_map(|kept| code_in(&kept));
                newest.unwrap_or_else(|| "000000".to_owned()).into()
            }
            (_, "otp_code") => match &self.otp_secret {
                Some(secret) => {
                    let seconds = site.tenant().clock.now().timestamp();
                    totp(&base32(secret), u64::try_from(seconds).unwrap()).into()
                }
                None => "000000".into(),
            },
            ("email", _) | (_, "identifier") => format!("{}@example.org", self.one_of(&NAMES)).into(),
            (_, "username") => (*self.one_of(&NAMES)).into(),
            (_, "password" | "new_password") => PASSWORD.into(),
            (_, name) if name.ends_with("_id") => {
                let list = format!("{}s", name.trim_end_matches("_id"));
                let (mut ids, mut others) = (Vec::new(), Vec::new());
                collect_ids(payload, &list, &mut ids, &mut others);
                let known = if ids.is_empty() { others } else { ids };
                if known.is_empty() { "".into() } else { self.one_of(&known).clone() }
            }
            _ => "My thing".into(),
        }
    }

    fn creates(&mut self, options: &Value) -> Value {
        let mut authenticator = Authenticator::new(ORIGIN);
        let credential = authenticator.create(options);
        self.authenticators.push(authenticator);
        credential
    }

    fn signs(&self, options: &Value) -> Value {
        let garbage = Authenticator::new(ORIGIN).garbage(options);
        let mut answers = self.authenticators.iter().rev().map(|authenticator| authenticator.get(options));
        answers.find(|answer| answer["id"] != garbage["id"]).unwrap_or(garbage)
    }

    /// What an odd person fills in: one input, or all of them, is not what it should be.
    pub(crate) fn spoils(&mut self, site: &Site, flow: &Flow<'_>, action: &str, odd: &[Value]) -> Value {
        let mut filled = self.fills_in(site, flow, action);
        let inputs = filled.as_object_mut().unwrap();
        let names: Vec<String> = inputs.keys().cloned().collect();
        match names.as_slice() {
            [] => drop(inputs.insert("surprise".to_owned(), self.one_of(odd).clone())),
            names if self.below(4) == 0 => names.iter().for_each(|name| drop(inputs.remove(name))),
            names => drop(inputs.insert(self.one_of(names).clone(), self.one_of(odd).clone())),
        }
        filled
    }
}

/// The options of a ceremony in a payload, and whether it makes a credential.
fn ceremony(payload: &Value) -> Option<(bool, &Value)> {
    let options = payload.as_object()?.values().find(|member| member["publicKey"]["challenge"].is_string())?;
    Some((options["publicKey"].get("pubKeyCredParams").is_some(), options))
}

/// The ids in a payload: those in lists of this name, and all others.
fn collect_ids(value: &Value, list: &str, listed: &mut Vec<Value>, others: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            others.extend(members.get("id").filter(|id| id.is_string()).cloned());
            for (name, member) in members {
                let mut found = Vec::new();
                collect_ids(member, list, listed, &mut found);
                if name == list { listed.append(&mut found) } else { others.append(&mut found) }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect_ids(element, list, listed, others)),
        _ => {}
    }
}

/// The code that an authenticator app shows (RFC 6238 with SHA-1, six digits and thirty seconds).
fn totp(secret: &[u8], seconds: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let start = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[start..start + 4].try_into().unwrap());
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// RFC 4648 section 6, without padding.
fn base32(text: &str) -> Vec<u8> {
    let digit = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c.to_ascii_uppercase());
    let bits: Vec<usize> =
        text.chars().filter_map(digit).flat_map(|five| (0..5).rev().map(move |n| five >> n & 1)).collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | u8::try_from(*bit).unwrap()))
        .collect()
}

/// RFC 6238 appendix B.
#[test]
fn apps_show_the_codes_of_the_standard() {
    let secret = base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(secret, b"12345678901234567890");
    assert_eq!((totp(&secret, 59), totp(&secret, 1_111_111_109)), ("287082".into(), "081804".into()));
}
