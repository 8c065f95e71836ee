//! Commands that run to their end.

use crate::support::Program;

/// Covers CLI-1, CLI-3, CLI-10.
#[test]
fn explains_itself_on_stdout() {
    let program = Program::new("");
    for arguments in [&[][..], &["serve"], &["serve", "nonsense"], &["jwt"], &["serve", "all", "--help"], &["--help"]] {
        let ended = program.run(arguments);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ended.out.contains("Usage: sealflow"), "{arguments:?}: {}", ended.out);
    }
    assert!(program.run(&["serve"]).out.contains("Usage: sealflow serve"));
}

/// Covers CLI-2, CLI-6, CLI-7, RDY-3, RDY-4.
#[test]
fn refuses_what_it_does_not_understand() {
    let program = Program::new("");
    for (arguments, reason) in [
        (&["nonsense"][..], "Usage: sealflow"),
        (&["serve", "all", "--nonsense"], "Usage: sealflow serve all"),
        (&["jwt", "create"], "Usage: sealflow jwt create"),
        (&["jwt", "create", "nobody"], "it is not a UUID"),
        (&["isready"], "Usage: sealflow isready"),
        (&["isready", "foo"], "possible values: public, admin"),
        (&["isready", "public", "admin"], "Usage: sealflow isready"),
    ] {
        let ended = program.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(ended.err.starts_with("error: ") && ended.err.contains(reason), "{arguments:?}: {}", ended.err);
    }
}

/// Covers CLI-9.
#[test]
fn says_what_is_wrong_with_the_configuration() {
    let program = Program::new("session: { lifespan: forever }");
    for arguments in [&["serve", "all"][..], &["isready", "public"]] {
        let ended = program.run(&[arguments, &["--config", "config.yaml"]].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
        assert!(ended.err.contains("session.lifespan"), "{}", ended.err);
    }
    let ended = program.run(&["serve", "all", "--config", "nowhere.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("nowhere.yaml"), "{}", ended.err);
}

/// Covers API-003, API-055, API-056, API-057, API-076.
#[test]
fn does_not_serve_with_a_dangerous_or_impossible_configuration() {
    for (yaml, key) in [
        ("server: { public: { address: ' ' } }", "server.public.address"),
        ("server: { admin: { address: '' } }", "server.admin.address"),
        ("server: { management: { address: '' } }", "server.management.address"),
        ("server: { ip: { extractor: x_real_ip } }", "server.ip.trusted_proxies"),
        ("server: { ip: { extractor: x_real_ip, trusted_proxies: [10.0.0.0] } }", "server.ip.trusted_proxies"),
        ("server: { ip: { extractor: cf_connecting_ip } }", "server.ip.extractor"),
        ("cors: { allow_origins: ['*'] }", "cors.allow_origins"),
    ] {
        let ended = Program::with_addresses(yaml).run(&["serve", "all", "--config", "config.yaml"]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{yaml}");
        assert!(ended.err.contains(key), "{yaml}: {}", ended.err);
    }
}

/// Covers VER-1.
#[test]
fn prints_its_version() {
    let ended = Program::new("").run(&["version"]);
    let expected = format!("v{}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((ended.code, ended.out, ended.err), (Some(0), expected, String::new()));
}

/// Covers RDY-2.
#[test]
fn knows_that_nothing_listens() {
    let ended = Program::new("").run(&["isready", "admin", "--config", "config.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("the admin server is not ready: nothing answers at 127.0.0.1:"), "{}", ended.err);
}

/// Covers JWT-6.
#[test]
fn makes_no_token_for_a_user_that_does_not_exist() {
    let id = "7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10";
    let ended = Program::new("").run(&["jwt", "create", id, "--config", "config.yaml"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains(&format!("error: there is no user with the id {id}\n")), "{}", ended.err);
}

#[test]
fn delivers_nothing_while_it_makes_a_token() {
    let program = Program::new("");
    let (user, past) = ("7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10", "'2026-01-01 00:00:00.000'");
    program.on_database(
        "test.db",
        &format!("INSERT INTO users (id, created_at, updated_at) VALUES ('{user}', {past}, {past})"),
    );
    program.on_database(
        "test.db",
        &format!(
            "INSERT INTO sealflow_outbox (id, tenant_id, kind, payload, attempts, next_attempt_at, created_at) \
             SELECT '00000000-0000-4000-8000-000000000001', tenant_id, 'webhook', '', 1, {past}, {past} FROM users"
        ),
    );
    let ended = program.run(&["jwt", "create", user, "--config", "config.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(program.texts("SELECT CAST(attempts AS TEXT) FROM sealflow_outbox"), ["1"]);
}

/// Covers API-004, SRV-4.
#[test]
fn has_nothing_to_manage_with_a_single_tenant() {
    let ended = Program::new("").run(&["serve", "management", "--config", "config.yaml"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""));
}

/// Covers SRV-6.
#[test]
fn does_not_serve_a_database_without_tables() {
    let program = Program::new("database: { url: 'sqlite://empty.db' }");
    let ended = program.run(&["serve", "public", "--config", "config.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("migrate up"), "{}", ended.err);
}

/// Covers SRV-7.
#[test]
fn does_not_serve_without_a_database() {
    let program = Program::new("database: { url: 'postgres://nobody@127.0.0.1:1/nothing' }");
    let ended = program.run(&["serve", "public", "--config", "config.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("cannot reach the database"), "{}", ended.err);
}
