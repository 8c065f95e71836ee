//! `migrate`.

use crate::support::Program;

const OWN_CONFIG: [&str; 2] = ["--config", "config.yaml"];

/// A program whose database does not exist yet.
fn fresh() -> Program {
    Program::new("database: { url: 'sqlite://fresh.db' }")
}

fn migrate(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ended = program.run(&[&["migrate"][..], arguments, &OWN_CONFIG].concat());
    (ended.code, ended.out, ended.err)
}

/// Covers MIG-2, DATA-1, V2-156, V2-164.
#[test]
fn a_server_refuses_to_start_until_the_tables_are_created() {
    let program = fresh();
    for _ in 0..2 {
        let refused = program.run(&[&["serve", "all"][..], &OWN_CONFIG].concat());
        assert_eq!(refused.code, Some(1));
        assert!(refused.err.contains("`sealflow migrate up`"), "{}", refused.err);
    }
    let (code, out, err) = migrate(&program, &["up"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("inherited_schema") && err.contains("outbox"), "{err}");
    let (code, _, err) = migrate(&program, &["up"]);
    assert_eq!(code, Some(0));
    assert!(err.contains("up to date"), "{err}");
    let ended = program.serve(&[&["serve", "all"][..], &OWN_CONFIG].concat()).end("TERM");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

#[test]
fn tells_which_migrations_were_run() {
    let program = fresh();
    let (code, out, _) = migrate(&program, &["status"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("the database is empty") && out.contains("inherited_schema: not applied"), "{out}");
    migrate(&program, &["up"]);
    let (code, out, _) = migrate(&program, &["status"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("the tables are up to date\n") && !out.contains("not applied"), "{out}");
}

/// Covers MIG-5, MIG-6, MIG-7, MIG-8.
#[test]
fn rolls_back_as_many_migrations_as_it_is_told() {
    let program = fresh();
    migrate(&program, &["up"]);
    for (arguments, reason) in [
        (&["down"][..], "Usage: sealflow migrate down"),
        (&["down", "x"], "invalid value 'x'"),
        (&["down", "-1"], "unexpected argument '-1'"),
        (&["down", "--", "-1"], "invalid value '-1'"),
        (&["down", "4"], "only 3 migrations are applied"),
        (&["down", "3"], "--drop-everything"),
    ] {
        // Everything after `--` is an argument, so the option stands before the command.
        let ended = program.run(&[&OWN_CONFIG[..], &["migrate"], arguments].concat());
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert!(ended.err.contains(reason), "{arguments:?}: {}", ended.err);
    }
    assert_eq!(migrate(&program, &["down", "0"]).0, Some(0));
    let (_, out, _) = migrate(&program, &["status"]);
    assert!(!out.contains("not applied"), "{out}");

    let (code, out, err) = migrate(&program, &["down", "1"]);
    assert_eq!((code, out.as_str()), (Some(0), "migrate down called\n"), "{err}");
    let (_, out, _) = migrate(&program, &["status"]);
    assert!(out.contains("inherited_schema: applied") && out.contains("cleanup: not applied"), "{out}");
    assert_eq!(migrate(&program, &["up"]).0, Some(0));
    assert_eq!(migrate(&program, &["down", "3", "--drop-everything"]).0, Some(0));
    assert!(migrate(&program, &["status"]).1.starts_with("the database is empty"));
}

/// Covers MIG-9.
#[test]
fn a_failing_migration_leaves_the_earlier_ones_applied() {
    let program = fresh();
    let statement = "CREATE VIEW sealflow_outbox AS SELECT 1 AS one";
    program.on_database("fresh.db", statement);
    assert_eq!(migrate(&program, &["up"]).0, Some(1));
    let (_, out, _) = migrate(&program, &["status"]);
    assert!(out.contains("inherited_schema: applied") && out.contains("indexes: not applied"), "{out}");
}

/// Covers MIG-10.
#[test]
fn an_invalid_configuration_leaves_the_database_alone() {
    let program = Program::new("{ database: { url: 'sqlite://fresh.db' }, session: { lifespan: forever } }");
    let (code, _, err) = migrate(&program, &["up"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("session.lifespan"), "{err}");
    assert!(!program.has_file("fresh.db"));
}
