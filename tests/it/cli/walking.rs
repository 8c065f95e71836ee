//! `flows run`: walks by script.

use crate::support::Program;

const ADA: &str = "ada@example.org";

/// A program without configuration file, as on a machine on which somebody tries it.
fn anywhere() -> Program {
    Program::new("")
}

#[test]
fn signs_up_and_shows_the_account_in_one_walk() {
    let program = anywhere();
    let ended = program.run_with(
        &["flows", "run", "registration", "--without-passkeys"],
        &[
            "register_login_identifier email=ada@example.org",
            "verify_passcode",
            "",
            "register_password new_password=\"correct horse\"",
            "profile",
            "quit",
        ],
    );
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{}", ended.out);
    for shown in [
        "registration · registration_init",
        "to ada@example.org",
        "registration · success",
        "the token of the session says",
        "Go on with login, profile, registration?",
        "profile · profile_init",
    ] {
        assert!(ended.out.contains(shown), "{shown} is not in\n{}", ended.out);
    }
    assert!(!ended.out.contains('\u{1b}'), "colours are for terminals only");
}

/// Nothing that is read or written by a walk outlives it.
#[test]
fn leaves_nothing_behind() {
    let program = anywhere();
    let ended = program.run_with(&["flows", "run", "login", "--as", ADA], &["quit"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for file in ["sealflow.db", "sealflow.secret"] {
        assert!(!program.has_file(file), "{file}");
    }
}

#[test]
fn says_why_an_action_is_not_offered() {
    let ended = anywhere().run_with(&["flows", "run", "profile", "--as", ADA], &["quit"]);
    let lines: Vec<&str> = ended.out.lines().map(str::trim).collect();
    for line in [
        "config.password.enabled && user.has_password",
        "↳ user.has_password = false",
        "↳ profile.secondary_emails > 0 = false",
        "↳ profile.secondary_emails = 0",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{}", ended.out);
    }
    let longest = ended.out.lines().filter(|line| !line.contains("eyJ")).map(|line| line.chars().count()).max();
    assert!(longest <= Some(80), "{longest:?}\n{}", ended.out);
}

#[test]
fn shows_what_is_wrong_with_an_input() {
    let ended = anywhere().run_with(&["flows", "run", "login", "--without-passkeys"], &["1", "nobody", "quit"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("✗ form_data_invalid_error (400)"), "{}", ended.out);
    assert!(ended.out.contains("✗ value_invalid_error") || ended.out.contains("✗ unknown"), "{}", ended.out);
}

#[test]
fn signs_in_with_the_built_in_authenticator() {
    let ended = anywhere().run_with(
        &["flows", "run", "registration"],
        &[
            "register_login_identifier email=ada@example.org",
            "verify_passcode",
            "",
            "register_password new_password=\"correct horse\"",
            "webauthn_generate_creation_options",
            "webauthn_verify_attestation_response",
            "login",
            "webauthn_verify_assertion_response",
        ],
    );
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{}", ended.out);
    assert!(ended.out.contains("login · success"), "{}", ended.out);
}

#[test]
fn asks_for_an_account_where_a_session_is_needed() {
    let ended = anywhere().run_with(&["flows", "run", "profile"], &[ADA, "quit"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{}", ended.out);
    assert!(ended.out.contains("profile · profile_init"), "{}", ended.out);

    let script = ["login", "1", ADA, "quit"];
    let ended = anywhere().run_with(&["flows", "run", "profile"], &script);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("login · login_init"), "{}", ended.out);
}

#[test]
fn a_script_that_cannot_go_on_fails() {
    for (lines, reason) in [
        (&[][..], "the input ended in the state `login_init` of `login`"),
        (&["verify_passcode"], "`verify_passcode` is not offered here"),
        (&["1 colour=red"], "has no input `colour`"),
    ] {
        let ended = anywhere().run_with(&["flows", "run", "login", "--without-passkeys"], lines);
        assert_eq!(ended.code, Some(1), "{lines:?}");
        assert!(ended.err.contains(reason), "{lines:?}: {}", ended.err);
    }
    let ended = anywhere().run(&["flows", "run", "nonsense"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("there is no flow `nonsense`; there are login, profile, registration"), "{}", ended.err);
    let ended = anywhere().run(&["flows", "run", "profile", "--as", "nobody"]);
    assert!(ended.err.contains("`nobody` is not an e-mail address"), "{}", ended.err);
}

/// The configuration and graphs of one's own decide where a walk leads.
#[test]
fn follows_the_configuration() {
    let program =
        Program::new("{ email: { enabled: false }, username: { enabled: true, use_as_login_identifier: true } }");
    let ended = program.run_with(&["flows", "run", "login", "--config", "config.yaml"], &["quit"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("username"), "{}", ended.out);
}

/// A password is asked for without being shown.
#[test]
fn hides_passwords() {
    let ended = anywhere().run_with(
        &["flows", "run", "registration", "--without-passkeys"],
        &[
            "register_login_identifier email=ada@example.org",
            "verify_passcode",
            "",
            "register_password",
            "correct horse",
        ],
    );
    assert!(ended.out.contains("•••••••••••••"), "{}\n{}", ended.out, ended.err);
    assert!(!ended.out.contains("correct horse"), "{}", ended.out);
}
