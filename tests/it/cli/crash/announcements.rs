//! Whatever was committed is announced: by mail, to webhooks, in the audit log. What was not, never is.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    post,
    sinks::{self, Mail, Sink},
};
use crate::support::Program;

/// How often the program is killed.
const KILLS: u64 = 20;
/// How many people sign up at the same time.
const PEOPLE: usize = 4;

/// The step that a mail brings the code for.
const VERIFY: &str = "verify_passcode";

/// Somebody who signs up, and the newest answer that they have seen.
struct Person {
    address: String,
    flow: Value,
}

impl Person {
    fn begin(server: &str, address: String) -> Option<Self> {
        Some(Self { address, flow: post(server, "/registration", &json!({}))? })
    }

    fn can(&self, action: &str) -> bool {
        self.flow["actions"].get(action).is_some()
    }

    fn act(&mut self, server: &str, action: &str, inputs: &Value) -> Option<()> {
        let href = self.flow["actions"][action]["href"].as_str().unwrap().to_owned();
        let body = json!({ "csrf_token": self.flow["csrf_token"], "input_data": inputs });
        self.flow = post(server, &href, &body)?;
        Some(())
    }

    /// Goes on until there is an account (`true`), the server is gone, or the client turns out to be behind.
    fn go_on(&mut self, server: &str, mails: &Sink<Mail>, gone: &AtomicBool) -> bool {
        loop {
            let went = if self.can("register_client_capabilities") {
                self.act(server, "register_client_capabilities", &json!({ "webauthn_available": false }))
            } else if self.can("register_login_identifier") {
                self.act(server, "register_login_identifier", &json!({ "email": self.address }))
            } else if self.can(VERIFY) {
                let received = mails.received();
                let Some(mail) = received.iter().rev().find(|mail| mail.to == self.address) else {
                    if gone.load(Ordering::Relaxed) {
                        return false;
                    }
                    thread::sleep(Duration::from_millis(2));
                    continue;
                };
                self.act(server, VERIFY, &json!({ "code": mail.code }))
            } else {
                return self.flow["name"] == "success";
            };
            if went.is_none() {
                return false;
            }
        }
    }
}

fn set(texts: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    texts.into_iter().collect()
}

/// Waits until nothing is left to be delivered, as long as deliveries do not fail again and again.
fn wait_until_told(program: &Program) {
    let in_vain =
        "SELECT kind || ': ' || last_error FROM sealflow_outbox WHERE attempts > 3 AND last_error IS NOT NULL";
    while !program.texts("SELECT id FROM sealflow_outbox").is_empty() {
        assert_eq!(program.texts(in_vain), Vec::<String>::new());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn announces_what_was_committed_and_nothing_else() {
    let (mails, calls) = (sinks::mails(), sinks::calls());
    let program = Program::new(&format!(
        "{{ password: {{ enabled: false }}, passkey: {{ enabled: false }}, mfa: {{ enabled: false }}, \
         rate_limiter: {{ enabled: false }}, audit_log: {{ storage: {{ enabled: true }} }}, \
         email_delivery: {{ enabled: true, smtp: {{ host: 127.0.0.1, port: '{}', tls: plain }} }}, \
         webhooks: {{ enabled: true, hooks: [ {{ callback: 'http://127.0.0.1:{}/', events: [user, session] }} ] }} }}",
        mails.port, calls.port
    ));
    let mut interrupted: Vec<Person> = Vec::new();
    let mut told = BTreeSet::new();
    for round in 0..KILLS {
        let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
        let gone = AtomicBool::new(false);
        let waiting = std::mem::take(&mut interrupted);
        thread::scope(|scope| {
            let (server, mails, gone) = (&program.public, &mails, &gone);
            let mut people = vec![scope.spawn(move || {
                let mut left = waiting;
                left.retain_mut(|person| !person.go_on(server, mails, gone));
                (Vec::new(), left)
            })];
            people.extend((0..PEOPLE).map(|place| {
                scope.spawn(move || {
                    let mut done = Vec::new();
                    for number in 0.. {
                        let address = format!("p{round}_{place}_{number}@example.org");
                        let Some(mut person) = Person::begin(server, address) else { break };
                        if !person.go_on(server, mails, gone) {
                            return (done, vec![person]);
                        }
                        done.push(person.address);
                    }
                    (done, Vec::new())
                })
            }));
            thread::sleep(Duration::from_millis(60 + 23 * round));
            assert_eq!(serving.end("KILL").code, None);
            gone.store(true, Ordering::Relaxed);
            for person in people {
                let (done, left) = person.join().unwrap();
                told.extend(done);
                interrupted.extend(left);
            }
        });
        // What the dead process had on lease would be waited for; that it tried in vain is no wonder.
        program.on_database("test.db", "UPDATE sealflow_outbox SET next_attempt_at = created_at, attempts = 0");
    }

    let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
    wait_until_told(&program);
    for person in interrupted.iter().filter(|person| person.can(VERIFY)) {
        assert!(mails.received().iter().any(|mail| mail.to == person.address), "no mail for {}", person.address);
    }
    // Whoever was interrupted before their mail gets it now.
    for mut person in interrupted {
        if !person.go_on(&program.public, &mails, &AtomicBool::new(false)) {
            let behind = person.flow["error"]["code"] == "operation_not_permitted_error";
            assert!(behind, "no way on for {}: {:#}", person.address, person.flow);
        }
    }
    wait_until_told(&program);
    assert_eq!(serving.end("TERM").code, Some(0));

    let accounts = set(program.texts("SELECT address FROM emails"));
    assert!(!told.is_empty() && told.is_subset(&accounts));
    let users = program.texts("SELECT id FROM users");
    let (mut audited, mut all) =
        (program.texts("SELECT actor_user_id FROM audit_logs WHERE type = 'user_created'"), users.clone());
    audited.sort();
    all.sort();
    assert_eq!(audited, all);
    let created = calls.received().into_iter().filter(|call| call.event == "user.create");
    assert_eq!(set(created.map(|call| call.data["id"].as_str().unwrap().to_owned())), set(users));
    let sessions = calls.received().into_iter().filter(|call| call.event == "session.create.flow");
    let sessions = set(sessions.map(|call| call.data["id"].as_str().unwrap().to_owned()));
    assert_eq!(sessions, set(program.texts("SELECT id FROM sessions")));
    let asked = "SELECT data ->> '$.data.email' FROM flows WHERE data ->> '$.data.email' IS NOT NULL";
    assert_eq!(set(mails.received().into_iter().map(|mail| mail.to)), set(program.texts(asked)));
}
