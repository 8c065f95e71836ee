//! `cleanup`.

use sea_orm::{ConnectionTrait, Database, Statement};

use crate::support::Program;

/// A program whose database has three expired and one unexpired row in each table that the command removes from by
/// default, and an expired row in others.
fn program() -> Program {
    let program = Program::new("audit_log: { retention: 48h }");
    let user = "00000000-0000-4000-8000-0000000000aa";
    let insert = |table: &str, columns: &str, n: u32, values: &str| {
        let id = format!("00000000-0000-4000-8000-{n:012}");
        program.on_database("test.db", &format!("INSERT INTO {table} (id, {columns}) VALUES ('{id}', {values})"));
    };
    let ago = |hours: i32| format!("strftime('%Y-%m-%d %H:%M:%f', 'now', '{} hours')", -hours);
    for (n, hours) in [(1, 1), (2, 2), (3, 3), (4, -1)] {
        let time = ago(hours);
        let columns = "version, expires_at, created_at, updated_at, csrf_token, data";
        insert("flows", columns, n, &format!("0, {time}, {time}, {time}, '', ''"));
        let columns = "challenge, user_id, user_verification, operation, created_at, updated_at, expires_at";
        let ceremony = format!("'{n}', '{user}', '', 'authentication', {time}, {time}, {time}");
        insert("webauthn_session_data", columns, n, &ceremony);
        let columns = "credential_id, webauthn_session_data_id, created_at, updated_at";
        let allowed = format!("'{n}', '00000000-0000-4000-8000-{n:012}', {time}, {time}");
        insert("webauthn_session_data_allowed_credentials", columns, n, &allowed);
        let time = ago(hours + 47);
        let columns = "type, meta_http_request_id, meta_source_ip, meta_user_agent, created_at, updated_at";
        insert("audit_logs", columns, n, &format!("'login_failure', '', '', '', {time}, {time}"));
    }
    let time = ago(1);
    let columns = "challenge, user_id, user_verification, operation, created_at, updated_at";
    insert("webauthn_session_data", columns, 5, &format!("'5', '{user}', '', 'registration', {time}, {time}"));
    program.on_database(
        "test.db",
        &format!("INSERT INTO users (id, created_at, updated_at) VALUES ('{user}', {time}, {time})"),
    );
    let columns = "user_id, expires_at, last_used, created_at, updated_at";
    insert("sessions", columns, 1, &format!("'{user}', {time}, {time}, {time}, {time}"));
    let columns = "user_id, value, expires_at, created_at, updated_at";
    insert("tokens", columns, 1, &format!("'{user}', 'a', {time}, {time}, {time}"));
    let columns = "user_id, device_token, expires_at, created_at, updated_at";
    insert("trusted_devices", columns, 1, &format!("'{user}', 'a', {time}, {time}, {time}"));
    let columns = "ttl, code, try_count, created_at, updated_at";
    insert("passcodes", columns, 1, &format!("300, 'a', 0, {time}, {time}"));
    insert("passcodes", columns, 2, &format!("7200, 'a', 0, {time}, {time}"));
    program
}

/// How many rows each of the tables has.
fn rows<const N: usize>(program: &Program, tables: [&str; N]) -> [i64; N] {
    let url = program.database();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let connection = Database::connect(url).await.unwrap();
        let mut counts = [0; N];
        for (count, table) in counts.iter_mut().zip(tables) {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            *count = connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        }
        connection.close().await.unwrap();
        counts
    })
}

const USUAL: [&str; 4] = ["audit_logs", "flows", "webauthn_session_data", "webauthn_session_data_allowed_credentials"];
const OTHERS: [&str; 4] = ["passcodes", "sessions", "tokens", "trusted_devices"];

/// The status, standard output and standard error of `cleanup`.
fn cleanup(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ended = program.run(&[&["cleanup", "--config", "config.yaml"], arguments].concat());
    (ended.code, ended.out, ended.err)
}

/// Covers CLN-1, CLEAN-1.
#[test]
fn counts_and_says_that_it_only_counts() {
    let program = program();
    let (code, out, err) = cleanup(&program, &["--page-size", "2"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "audit_logs: 3 expired\nflows: 3 expired\nwebauthn_session_data: 3 expired\n")
    );
    assert!(err.contains("Add --run"), "{err}");
    assert_eq!((rows(&program, USUAL), rows(&program, OTHERS)), ([4, 4, 5, 4], [2, 1, 1, 1]));
}

/// Covers CLN-2, CLN-3, CLN-4, CLN-8, CLN-11, CLN-12, CLEAN-2, CLEAN-4, CLEAN-5.
#[test]
fn removes_what_has_expired_from_the_usual_tables() {
    let program = program();
    let (code, out, err) = cleanup(&program, &["--run", "--page-size", "2"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "audit_logs: 3 removed\nflows: 3 removed\nwebauthn_session_data: 3 removed\n")
    );
    assert!(!err.contains("Add --run") && err.contains("\"removed\":2") && err.contains("\"removed\":3"), "{err}");
    assert_eq!((rows(&program, USUAL), rows(&program, OTHERS)), ([1, 1, 2, 1], [2, 1, 1, 1]));
    let (code, out, _) = cleanup(&program, &["--run"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "audit_logs: 0 removed\nflows: 0 removed\nwebauthn_session_data: 0 removed\n")
    );
}

/// Covers CLN-5, CLN-6, CLEAN-3.
#[test]
fn touches_only_the_tables_that_are_named_and_in_their_order() {
    let program = program();
    let (code, out, _) = cleanup(&program, &["--run", "--tables", "flows"]);
    assert_eq!((code, out.as_str()), (Some(0), "flows: 3 removed\n"));
    assert_eq!((rows(&program, USUAL), rows(&program, OTHERS)), ([4, 1, 5, 4], [2, 1, 1, 1]));
    let (_, out, _) = cleanup(&program, &["--tables", "webauthn_session_data,audit_logs", "--tables", "flows"]);
    assert_eq!(out, "webauthn_session_data: 3 expired\naudit_logs: 3 expired\nflows: 0 expired\n");
    let (code, out, _) = cleanup(&program, &["--run", "--tables", &OTHERS.join(",")]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "passcodes: 1 removed\nsessions: 1 removed\ntokens: 1 removed\ntrusted_devices: 1 removed\n")
    );
    assert_eq!((rows(&program, USUAL), rows(&program, OTHERS)), ([4, 1, 5, 4], [1, 0, 0, 0]));
}

/// Covers CLN-7, CLN-9, CLEAN-3.
#[test]
fn refuses_unknown_tables_and_impossible_pages_before_it_does_anything() {
    let program = program();
    for (arguments, reason) in [
        (&["--run", "--tables", "flows,users"][..], "'users'"),
        (&["--run", "--tables", "users"], "the tables are audit_logs, flows, passcodes, "),
        (&["--run", "--tables", ""], "''"),
        (&["--run", "--page-size", "0"], "'0'"),
        (&["--run", "--page-size=-1"], "'-1'"),
    ] {
        let (code, out, err) = cleanup(&program, arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(err.contains(reason), "{arguments:?}: {err}");
    }
    assert_eq!(rows(&program, USUAL), [4, 4, 5, 4]);
}

/// Covers CLN-10.
#[test]
fn refuses_a_retention_that_is_no_length_of_time() {
    let program = Program::new("audit_log: { retention: forever }");
    let (code, out, err) = cleanup(&program, &["--run", "--tables", "audit_logs"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("audit_log.retention"), "{err}");
}

/// Covers CLN-13.
#[test]
fn understands_short_options() {
    let program = program();
    let ended = program.run(&["cleanup", "-c", "config.yaml", "-t", "flows", "-s", "1", "--run"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "flows: 3 removed\n"), "{}", ended.err);
    let ended = program.run(&["--config", "config.yaml", "cleanup", "-t", "flows"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "flows: 0 expired\n"), "{}", ended.err);
    let ended = program.run(&["cleanup", "-c", "missing.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("missing.yaml"), "{}", ended.err);
}

#[test]
fn needs_the_tables_of_this_version() {
    let program = Program::new("database: { url: 'sqlite://fresh.db' }");
    let (code, _, err) = cleanup(&program, &["--run"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("`sealflow migrate up`"), "{err}");
}

#[test]
fn a_server_removes_by_itself_what_expired_a_while_ago() {
    let program = Program::new("cleanup: { interval: 40ms, grace: 1m }");
    let flow = |n: u32, time: &str| {
        program.on_database(
            "test.db",
            &format!(
                "INSERT INTO flows (id, version, expires_at, created_at, updated_at, csrf_token, data) \
             VALUES ('00000000-0000-4000-8000-{n:012}', 0, {time}, {time}, {time}, '', '')"
            ),
        );
    };
    flow(1, "strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hours')");
    flow(2, "strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 seconds')");
    let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
    while rows(&program, ["flows"]) != [1] {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let ended = serving.end("TERM");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("removed expired rows"), "{}", ended.err);
}
