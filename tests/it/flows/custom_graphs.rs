//! Graphs of one's own (`flows.directory`).

use std::{collections::BTreeMap, fs, path::Path};

use sealflow::{
    app::{App, Parts},
    config,
};
use serde_json::json;

use crate::support::{
    Program,
    flow::{Device, Site},
    graphs::{change, shipped},
};

#[tokio::test]
async fn a_changed_graph_takes_effect() {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path());
    // Passkeys first: whoever has none is asked for the passcode at once.
    change(
        &folder.path().join("shared/credential_usage.yaml"),
        "to: login_method_chooser\n            - when: config.password",
        "to: login_password\n            - when: config.password",
    );
    change(&folder.path().join("login.yaml"), "lifetime: 24h", "lifetime: 10m");
    let yaml = format!("flows: {{ directory: {} }}", json!(folder.path()));
    let (site, clock) = Site::start_with_clock(&yaml).await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = site.begin("login", Device::Old).await;
    flow.identify("ada@example.org").await.is("login_password");
    flow.act("password_login", json!({ "password": "correct horse" })).await.is("success");

    let mut flow = site.login().await;
    clock.advance(chrono::TimeDelta::minutes(11));
    flow.act("continue_with_login_identifier", json!({})).await.is_rejected(410, "flow_expired_error");
}

/// Starts an application with these graphs and gives the reason why it does not.
async fn mistake(folder: &Path) -> String {
    let mut config = config::load(None, &BTreeMap::new()).unwrap().config;
    config.development = true;
    config.secret_keys = vec!["a-secret-that-everybody-knows".to_owned().into()];
    config.database.url = format!("sqlite://{}", folder.join("unused.db").display());
    config.flows.directory = Some(folder.to_owned());
    match App::start(config, Parts::default()).await {
        Ok(_) => panic!("the mistake was not found"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_graph_with_a_mistake_is_refused_with_its_place() {
    let table = [
        ("shared/capabilities.yaml", "registered: next", "registered: nowhere", "nowhere"),
        ("login.yaml", "run: request_any_passkey", "run: request_any_pasky", "request_any_pasky"),
        ("login.yaml", "device.webauthn &&", "device.webautn &&", "webautn"),
        ("registration.yaml", "taken: {", "taking: {", "taking"),
        ("registration.yaml", "lifetime: 24h", "lifetime: long", "lifetime"),
    ];
    for (file, from, to, word) in table {
        let folder = tempfile::tempdir().unwrap();
        shipped(folder.path());
        change(&folder.path().join(file), from, to);
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let line = text.lines().position(|line| line.contains(to)).unwrap() + 1;
        let problem = mistake(folder.path()).await;
        assert!(problem.contains(&format!("{file}:{line}:")), "{problem}");
        assert!(problem.contains(word), "{problem}");
    }
}

#[test]
fn the_program_does_not_start_with_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path());
    change(&folder.path().join("login.yaml"), "start: [preflight, login_init]", "start: [preflight, login_innit]");
    let program = Program::new(&format!("flows: {{ directory: {} }}", json!(folder.path())));
    let ended = program.run(&["serve", "--config", "config.yaml", "all"]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.err.contains("login.yaml:8"), "{}", ended.err);
    assert!(ended.err.contains("login_innit"), "{}", ended.err);
}
