//! Random walks through all flows: whatever is done in whatever order, the server never fails, and every state has a way on
//! or is an end. `SEALFLOW_WALKS` sets how many walks there are, `SEALFLOW_WALK` repeats one.

use std::{env, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::hostile::odd_values;
use crate::support::{
    flow::{Flow, Site},
    person::Person,
};

const WALKS: u64 = 24;
const STEPS: usize = 60;

/// Servers that differ in what they offer.
pub(crate) const CONFIGURATIONS: [&str; 6] = [
    "account: { allow_deletion: true }",
    "{ username: { enabled: true }, privacy: { show_account_existence_hints: true, only_show_actual_login_methods: true }, \
       passkey: { acquire_on_registration: conditional, acquire_on_login: conditional }, \
       password: { optional: true, acquire_on_registration: conditional, acquire_on_login: conditional } }",
    "{ username: { enabled: true, optional: true, use_as_login_identifier: true, acquire_on_login: true }, \
       email: { optional: true, acquire_on_login: true, require_verification: false }, \
       password: { optional: true, acquire_on_login: always } }",
    "{ passkey: { optional: true, acquire_on_registration: always, acquire_on_login: always }, \
       password: { optional: true, acquire_on_registration: never, acquire_on_login: always }, \
       privacy: { show_account_existence_hints: true }, session: { show_on_profile: true, allow_revocation: true } }",
    "{ mfa: { enabled: true, acquire_on_login: true, acquire_on_registration: true, optional: true, \
       totp: { enabled: true }, security_keys: { enabled: true, limit: 2 } }, account: { allow_deletion: true }, \
       session: { cookie: { retention: prompt }, show_on_profile: true, allow_revocation: true } }",
    "{ mfa: { enabled: true, optional: false, acquire_on_login: true, totp: { enabled: true }, \
       security_keys: { enabled: true }, device_trust_policy: prompt }, \
       username: { enabled: true }, email: { limit: 3 }, password: { optional: true }, passkey: { optional: true }, \
       session: { show_on_profile: true, allow_revocation: true, limit: 2 } }",
];

/// Somebody on the way through one flow after the other.
struct Wanderer<'s> {
    site: &'s Site,
    person: Person,
    odd: Vec<Value>,
    /// The token of the session, once there is one.
    session: Option<String>,
    /// Where earlier answers led to, with their tokens.
    old: Vec<(String, String)>,
    /// What was done, to be told when it went wrong.
    told: Vec<String>,
}

impl Wanderer<'_> {
    async fn wander(&mut self) {
        let mut steps = 0;
        while steps < STEPS {
            let flows: &[&str] =
                if self.session.is_some() { &["profile", "profile", "login"] } else { &["login", "registration"] };
            let name = *self.person.one_of(flows);
            let mut flow = self.site.init_as(name, self.session.clone().filter(|_| name == "profile")).await;
            self.told.push(format!("begin {name}"));
            while steps < STEPS && !self.is_final(&flow) {
                steps += 1;
                self.step(&mut flow).await;
                self.judge(&flow);
                self.keep_session(&flow);
                // Some people give up.
                if self.person.below(40) == 0 {
                    break;
                }
            }
        }
    }

    async fn step(&mut self, flow: &mut Flow<'_>) {
        let offered: Vec<String> = flow.usable_actions();
        let action = self.person.one_of(&offered).clone();
        self.old.push((flow.href(&action), flow.token().to_owned()));
        match self.person.below(20) {
            0 => {
                // Another flow's address with this one's token, or an old token.
                let (href, token) = self.person.one_of(&self.old).clone();
                let token = if self.person.below(2) == 0 { token } else { flow.token().to_owned() };
                if token == flow.token() && href == flow.href(&action) {
                    return;
                }
                self.told.push(format!("old {href}"));
                let same = href.starts_with(&format!("/{}?", flow.name()));
                if same && token != flow.token() {
                    let request = flow.post(&href).json(&json!({ "input_data": {}, "csrf_token": token }));
                    let (status, body) = flow.overhear(request).await;
                    assert!(status < 500 && body["name"] == "error" && body["csrf_token"] == "", "{status} {body:#}");
                }
            }
            1 => {
                let graph = self.site.tenant().engine.graphs().get(flow.name()).unwrap();
                let all: Vec<&String> = graph.states.values().flat_map(|state| state.actions.keys()).collect();
                let other = (*self.person.one_of(&all)).clone();
                self.told.push(format!("{}: {other}, offered or not", flow.state()));
                let inputs = match flow.offers(&other) {
                    true => self.person.fills_in(self.site, flow, &other),
                    false => json!({}),
                };
                flow.act(&other, inputs).await;
            }
            2..=6 => {
                if !flow.offers(&action) {
                    flow.look_again();
                }
                let inputs = self.person.spoils(self.site, flow, &action, &self.odd);
                self.told.push(format!("{}: {action} {}", flow.state(), shortened(&inputs)));
                flow.act(&action, inputs).await;
            }
            _ => {
                if !flow.offers(&action) {
                    flow.look_again();
                }
                let inputs = self.person.fills_in(self.site, flow, &action);
                self.told.push(format!("{}: {action} {}", flow.state(), shortened(&inputs)));
                flow.act(&action, inputs).await;
            }
        }
    }

    /// Whatever came of it: the server did not fail, and there is a way on.
    fn judge(&self, flow: &Flow<'_>) {
        assert!(flow.answer.status < 500, "{:#}", flow.body);
        if flow.body["csrf_token"] == "" {
            assert_eq!(flow.state(), "error");
        } else {
            assert!(!flow.actions().is_empty() || self.is_final(flow), "no way on: {:#}", flow.body);
        }
    }

    fn is_final(&self, flow: &Flow<'_>) -> bool {
        let graph = self.site.tenant().engine.graphs().get(flow.name()).unwrap();
        flow.body["csrf_token"] != "" && graph.states[flow.state()].is_final()
    }

    fn keep_session(&mut self, flow: &Flow<'_>) {
        for cookie in flow.answer.all("set-cookie") {
            let Some((name, token)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            if name == "hanko" {
                self.session = Some(token.to_owned()).filter(|token| !token.is_empty());
            }
        }
    }
}

fn shortened(inputs: &Value) -> String {
    inputs.to_string().chars().take(200).collect()
}

fn walks() -> Vec<u64> {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SEALFLOW_WALK") {
        Some(seed) => vec![seed],
        None => (0..number("SEALFLOW_WALKS").unwrap_or(WALKS)).collect(),
    }
}

#[tokio::test]
async fn whatever_people_do_there_is_a_way_on() {
    for (number, yaml) in CONFIGURATIONS.iter().enumerate() {
        let site = Site::start(yaml).await;
        site.ada().await;
        for seed in walks().into_iter().filter(|seed| *seed as usize % CONFIGURATIONS.len() == number) {
            let (person, odd) = (Person::new(seed), odd_values());
            let mut wanderer = Wanderer { site: &site, person, odd, session: None, old: Vec::new(), told: Vec::new() };
            if AssertUnwindSafe(wanderer.wander()).catch_unwind().await.is_err() {
                panic!(
                    "repeat it with SEALFLOW_WALK={seed}; with the configuration {yaml:?}, after\n{}",
                    wanderer.told.join("\n")
                );
            }
        }
    }
}
