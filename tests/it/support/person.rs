//! Somebody who uses the flows: fills in whatever an action asks for, as a willing person or as an odd one. Knows inputs by
//! their names and kinds, and no state.

use std::collections::BTreeMap;

use sealflow::random::{Random, SeededRandom};
use serde_json::{Map, Value, json};

use super::{
    authenticator::Authenticator,
    authenticator_app::{AuthenticatorApp, step_at},
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
    /// Their authenticator app, once they saw a secret for it, with that secret.
    app: Option<(String, AuthenticatorApp)>,
    /// The time step of the code that they used last: a code is good once.
    used_step: i64,
    /// The token of their session, while there is one.
    pub(crate) session: Option<String>,
    /// The other cookies of their device.
    cookies: BTreeMap<String, String>,
}

impl Person {
    /// Whatever they choose follows from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        Self {
            random,
            authenticators: Vec::new(),
            knows_passkeys: seed % 4 < 2,
            app: None,
            used_step: 0,
            session: None,
            cookies: BTreeMap::new(),
        }
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

    /// Begins a flow, with the session if it is one that requires it.
    pub(crate) async fn begins<'s>(&self, site: &'s Site, name: &str) -> Flow<'s> {
        let graph = site.tenant().engine.graphs().get(name).unwrap();
        let session = self.session.clone().filter(|_| !graph.requires.is_empty());
        let mut flow = site.init_as(name, session).await;
        self.shows_cookies(&mut flow);
        flow
    }

    fn shows_cookies(&self, flow: &mut Flow<'_>) {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        flow.cookie = (!pairs.is_empty()).then(|| pairs.join("; "));
    }

    /// Keeps what the newest answer gave to keep.
    pub(crate) fn keeps(&mut self, flow: &mut Flow<'_>) {
        for cookie in flow.answer.all("set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            match (name, value) {
                ("hanko", token) => self.session = Some(token.to_owned()).filter(|token| !token.is_empty()),
                (name, value) => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        self.shows_cookies(flow);
    }

    /// What a willing person fills in for an action.
    pub(crate) fn fills_in(&mut self, site: &Site, flow: &Flow<'_>, action: &str) -> Value {
        // A passkey that was made in a flow that nobody finished.
        if flow.body["error"]["code"] == "passkey_invalid" {
            self.authenticators.pop();
        }
        let secret = flow.payload("otp_secret");
        if let Some(text) = secret.as_str()
            && self.app.as_ref().is_none_or(|(known, _)| known != text)
        {
            self.app = Some((text.to_owned(), AuthenticatorApp::with_secret(secret)));
            self.used_step = 0;
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
            (_, "otp_code") => self.app_code(step_at(site.tenant().clock.now())).into(),
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

    /// The code of the earliest time step that is still good.
    fn app_code(&mut self, now: i64) -> String {
        let Some((_, app)) = &self.app else { return "000000".to_owned() };
        self.used_step = (self.used_step + 1).clamp(now - 1, now + 1);
        app.code(self.used_step)
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
