//! Whatever was answered was done, and every flow goes on.

use std::{sync::Mutex, thread, time::Duration};

use serde_json::{Value, json};

use super::post;
use crate::support::Program;

/// How often the program is killed.
const KILLS: u64 = 6;
/// How many people sign up at the same time.
const PEOPLE: usize = 4;

/// The next step of somebody who signs up, as the answer before wants it; `None` at the end.
fn step(flow: &Value, name: &str) -> Option<(String, Value)> {
    let actions = flow["actions"].as_object()?;
    let (action, inputs) = [
        ("register_client_capabilities", json!({ "webauthn_available": false })),
        ("register_login_identifier", json!({ "username": name })),
        ("register_password", json!({ "new_password": "correct horse" })),
    ]
    .into_iter()
    .find(|(action, _)| actions.contains_key(*action))?;
    let href = actions[action]["href"].as_str()?.to_owned();
    Some((href, json!({ "csrf_token": flow["csrf_token"], "input_data": inputs })))
}

/// Signs people up until the server is gone. Returns the answer that each unfinished flow was last seen with; the names of
/// those that were told that they have an account go to `told`.
fn sign_up(address: &str, prefix: &str, told: &Mutex<Vec<String>>) -> Option<(String, Value)> {
    for number in 0.. {
        let name = format!("{prefix}_{number}");
        let Some(mut flow) = post(address, "/registration", &json!({})) else { break };
        while let Some((href, body)) = step(&flow, &name) {
            match post(address, &href, &body) {
                Some(next) => flow = next,
                None => return Some((name, flow)),
            }
        }
        assert_eq!(flow["name"], "success", "{flow:#}");
        told.lock().unwrap().push(name);
    }
    None
}

/// Whatever was answered was done, nothing is half done, and every flow goes on or says that its client is behind.
#[test]
fn survives_being_killed_at_any_moment() {
    let program = Program::new(
        "{ email: { enabled: false }, username: { enabled: true, optional: false, acquire_on_registration: true }, \
         mfa: { enabled: false }, passkey: { enabled: false }, rate_limiter: { enabled: false }, \
         password: { hashing: { memory_kib: 64, passes: 1 } } }",
    );
    let told = Mutex::new(Vec::new());
    let mut interrupted: Vec<(String, Value)> = Vec::new();
    for round in 0..KILLS {
        let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
        for (name, flow) in std::mem::take(&mut interrupted) {
            let Some((href, body)) = step(&flow, &name) else { panic!("nothing to be done: {flow:#}") };
            let answer = post(&program.public, &href, &body).unwrap();
            // The step that was under way is done, and its client has not heard of it; or it is not, and is done now.
            let behind = answer["error"]["code"] == "operation_not_permitted_error";
            assert!(behind || answer["status"] == 200, "{answer:#}");
        }
        thread::scope(|scope| {
            let people: Vec<_> = (0..PEOPLE)
                .map(|person| {
                    let (told, address) = (&told, &program.public);
                    scope.spawn(move || sign_up(address, &format!("p{round}_{person}"), told))
                })
                .collect();
            thread::sleep(Duration::from_millis(150 + 37 * round));
            assert_eq!(serving.end("KILL").code, None);
            interrupted.extend(people.into_iter().filter_map(|person| person.join().unwrap()));
        });
    }
    let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty());
    for name in &told {
        let mut flow = post(&program.public, "/login", &json!({})).unwrap();
        for (action, inputs) in [
            ("register_client_capabilities", json!({ "webauthn_available": false })),
            ("continue_with_login_identifier", json!({ "username": name })),
            ("password_login", json!({ "password": "correct horse" })),
        ] {
            let href = flow["actions"][action]["href"].as_str().unwrap().to_owned();
            let body = json!({ "csrf_token": flow["csrf_token"], "input_data": inputs });
            flow = post(&program.public, &href, &body).unwrap();
        }
        assert_eq!(flow["name"], "success", "{name}: {flow:#}");
    }
    assert_eq!(serving.end("TERM").code, Some(0));
}
