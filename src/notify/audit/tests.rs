use std::{
    convert::Infallible,
    io::{self, Write},
    process::Command,
    sync::Mutex,
};

use chrono::{TimeDelta, TimeZone, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{clock::ManualClock, random::SeededRandom};

const USER: Uuid = Uuid::from_u128(5);

/// The rows of a unit of work.
#[derive(Default)]
struct Rows(Vec<AuditRecord>);

impl AuditStore for Rows {
    type Error = Infallible;

    async fn insert(&mut self, record: AuditRecord) -> Result<(), Infallible> {
        self.0.push(record);
        Ok(())
    }
}

/// What was written to a console.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn log(config: &config::AuditLog) -> (AuditLog, Screen) {
    let clock = ManualClock::new(Utc.with_ymd_and_hms(2026, 8, 1, 9, 5, 0).unwrap());
    clock.advance(TimeDelta::microseconds(250));
    let screen = Screen::default();
    let mut log = AuditLog::new(config, Arc::new(clock), Arc::new(SeededRandom::new(1))).unwrap();
    log.console = log.console.map(|_| Lines::to(screen.clone()).unwrap());
    (log, screen)
}

fn stored(mask: bool) -> config::AuditLog {
    let mut config = config::AuditLog { mask, ..config::AuditLog::default() };
    config.storage.enabled = true;
    config
}

fn meta() -> RequestMeta {
    RequestMeta { request_id: "r-1".into(), ip: "192.0.2.7".into(), user_agent: "Browser/1.0".into() }
}

fn failure() -> AuditEvent {
    AuditEvent::new(EventType::LoginFailure)
        .by(Actor::Id(USER))
        .error("password invalid")
        .detail(Detail::LoginMethod, "password")
        .detail(Detail::FlowId, json!(Uuid::from_u128(9)))
}

fn logout() -> AuditEvent {
    AuditEvent::new(EventType::UserLoggedOut).by(Actor::Full(USER, Some("penelope@example.com".into())))
}

/// Covers AUD-1.
#[tokio::test]
async fn writes_to_the_console_and_not_to_the_database_by_default() {
    let (log, screen) = log(&config::AuditLog::default());
    let mut rows = Rows::default();
    let ticket = log.record(&mut rows, &meta(), failure()).await.unwrap();
    log.committed([ticket]);
    log.finish();
    assert_eq!((rows.0.len(), screen.lines().len()), (0, 1));
}

/// Covers AUD-3.
#[tokio::test]
async fn writes_one_line_per_event_with_the_fields_of_the_specification() {
    let (log, screen) = log(&config::AuditLog::default());
    let mut tickets = Vec::new();
    for event in [failure(), logout(), AuditEvent::new(EventType::LoginFailure)] {
        tickets.push(log.record(&mut Rows::default(), &meta(), event).await.unwrap());
    }
    assert_eq!(screen.text(), "");
    log.committed(tickets);
    log.finish();

    let common = r#""http_request_id":"r-1","source_ip":"192.0.2.7","user_agent":"Browser/1.0""#;
    let time = r#""time":"2026-08-01T09:05:00.000250000Z","time_unix":"1785575100""#;
    let flow_id = Uuid::from_u128(9);
    let expected = format!(
        r#"{{"audience":"audit","type":"login_failure","error":"password invalid",{common},"details":{{"flow_id":"{flow_id}","login_method":"password"}},{time},"user_id":"{USER}"}}
{{"audience":"audit","type":"user_logged_out","error":"",{common},"details":null,{time},"user_id":"{USER}","user_email":"pen*****@example.com"}}
{{"audience":"audit","type":"login_failure","error":"",{common},"details":null,{time}}}
"#
    );
    assert_eq!(screen.text(), expected);
}

/// Covers AUD-4. The standard streams belong to the process: two processes of this test show what is on them.
#[test]
fn writes_to_the_configured_stream() {
    for (stream, expected) in [("stdout", (true, false)), ("stderr", (false, true))] {
        let (_, module) = module_path!().split_once("::").unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("{module}::prints_a_line"), "--include-ignored", "--nocapture"])
            .env("SEALFLOW_TEST_STREAM", stream)
            .output()
            .unwrap();
        let shows = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("{\"audience\":\"audit\"}\n");
        assert_eq!((shows(&output.stdout), shows(&output.stderr)), expected, "{stream}");
    }
}

#[test]
#[ignore = "a part of `writes_to_the_configured_stream`"]
fn prints_a_line() {
    let lines = match std::env::var("SEALFLOW_TEST_STREAM").as_deref() {
        Ok("stderr") => Lines::stderr(),
        _ => Lines::stdout(),
    }
    .unwrap();
    lines.write(b"{\"audience\":\"audit\"}\n".to_vec());
    lines.finish();
}

#[tokio::test]
async fn stores_the_actor_the_request_and_the_details() {
    let (log, _) = log(&stored(true));
    let mut rows = Rows::default();
    for event in [failure(), logout()] {
        let _unwritten = log.record(&mut rows, &meta(), event).await.unwrap();
    }
    let [first, second] = &rows.0[..] else { panic!("{:?}", rows.0) };
    assert_eq!((first.event_type, first.error.as_deref()), (EventType::LoginFailure, Some("password invalid")));
    assert_eq!((first.actor_user_id, first.actor_email.as_deref()), (Some(USER), None));
    assert_eq!(first.meta_http_request_id, "r-1");
    assert_eq!((first.meta_source_ip.as_str(), first.meta_user_agent.as_str()), ("192.0.2.7", "Browser/1.0"));
    let flow_id = Uuid::from_u128(9);
    assert_eq!(first.details_text(), format!(r#"{{"flow_id":"{flow_id}","login_method":"password"}}"#));
    assert_eq!(first.created_at.to_rfc3339(), "2026-08-01T09:05:00.000250+00:00");
    assert_eq!((second.error.as_deref(), second.details_text().as_str()), (None, "null"));
    assert_ne!(first.id, second.id);
}

/// Covers AUD-20, AUD-21.
#[tokio::test]
async fn masks_addresses_and_usernames_in_both_outputs() {
    for mask in [true, false] {
        let (log, screen) = log(&stored(mask));
        let event = logout()
            .detail(Detail::Email, "kim@example.com")
            .detail(Detail::EmailAddress, "penelope@example.com")
            .detail(Detail::Username, "kimberly")
            .detail(Detail::Template, "mfa_create")
            .detail(Detail::Password, true);
        let mut rows = Rows::default();
        let ticket = log.record(&mut rows, &meta(), event).await.unwrap();
        log.committed([ticket]);
        log.finish();

        let (kim, penelope, username) = match mask {
            true => ("k*****@example.com", "pen*****@example.com", "k******y"),
            false => ("kim@example.com", "penelope@example.com", "kimberly"),
        };
        let details = json!({
            "email": kim,
            "email_address": penelope,
            "password": true,
            "template": "mfa_create",
            "username": username,
        });
        let (line, row) = (&screen.lines()[0], &rows.0[0]);
        assert_eq!((&line["details"], &line["user_email"]), (&details, &json!(penelope)));
        assert_eq!((json!(row.details), row.actor_email.as_deref()), (details, Some(penelope)));
    }
}

/// Covers AUD-22.
#[tokio::test]
async fn cuts_texts_to_the_length_of_the_columns() {
    let (log, _) = log(&stored(false));
    let long = "é".repeat(300);
    let meta = RequestMeta { request_id: long.clone(), ip: long.clone(), user_agent: long.clone() };
    let event = AuditEvent::new(EventType::LoginFailure).by(Actor::Full(USER, Some(long.clone()))).error(long);
    let mut rows = Rows::default();
    let _unwritten = log.record(&mut rows, &meta, event).await.unwrap();
    let row = rows.0.remove(0);
    let texts = [row.error, row.actor_email, Some(row.meta_http_request_id)];
    for text in texts.into_iter().flatten().chain([row.meta_source_ip, row.meta_user_agent]) {
        assert_eq!(text, "é".repeat(255));
    }
}

#[tokio::test]
async fn records_nothing_when_both_outputs_are_off() {
    let mut config = config::AuditLog::default();
    config.console_output.enabled = false;
    let (log, screen) = log(&config);
    let mut rows = Rows::default();
    let ticket = log.record(&mut rows, &meta(), logout()).await.unwrap();
    log.committed([ticket]);
    log.finish();
    assert_eq!((rows.0.len(), screen.text().as_str()), (0, ""));
}

#[test]
fn prints_no_address_of_an_event() {
    assert!(!format!("{:?}", logout()).contains("penelope"));
}
