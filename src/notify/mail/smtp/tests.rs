use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::notify::mail::{
    Content, Language, Notification, Templates,
    sink::{Manners, Sink},
};

const POLITE: Manners = Manners { starttls: false, auth: false, recipient: None, hangs_up: false, silent: false };

fn config(port: u16) -> EmailDelivery {
    let mut config = EmailDelivery::default();
    config.smtp.host = "127.0.0.1".into();
    config.smtp.port = port.to_string();
    config
}

fn parcel(to: &str) -> Parcel<Mail> {
    let content = Content::Notification(Notification::PasswordUpdate);
    Parcel {
        id: Uuid::from_u128(1),
        created_at: DateTime::default(),
        attempt: 1,
        item: Templates::default().render(Language::English, to, "Example", content),
    }
}

fn encryption(port: &str, tls: Tls) -> Encryption {
    let mut config = EmailDelivery::default();
    (config.smtp.port, config.smtp.tls) = (port.into(), tls);
    Smtp::new(&config).unwrap().encryption
}

/// Covers MAIL-2.
#[test]
fn encrypts_as_the_port_and_the_setting_demand() {
    assert_eq!(encryption("465", Tls::Auto), Encryption::Implicit);
    assert_eq!(encryption(" 587 ", Tls::Auto), Encryption::Opportunistic);
    assert_eq!(encryption("25", Tls::Implicit), Encryption::Implicit);
    assert_eq!(encryption("465", Tls::Starttls), Encryption::Required);
    assert_eq!(encryption("465", Tls::Plain), Encryption::None);
}

#[tokio::test]
async fn begins_with_a_handshake_when_tls_is_implicit() {
    let sink = Sink::start(POLITE).await;
    let mut config = config(sink.port);
    config.smtp.tls = Tls::Implicit;
    let result = Smtp::new(&config).unwrap().deliver(&parcel("kim@example.test")).await;
    sink.tls_hello().await;
    assert!(matches!(result, Err(Undelivered::Later(_))));
    assert_eq!(sink.commands(), [""; 0]);
}

/// Covers MAIL-2.
#[tokio::test]
async fn upgrades_the_connection_when_the_server_offers_it() {
    let sink = Sink::start(Manners { starttls: true, ..POLITE }).await;
    let result = Smtp::new(&config(sink.port)).unwrap().deliver(&parcel("kim@example.test")).await;
    sink.tls_hello().await;
    assert!(matches!(result, Err(Undelivered::Later(_))));
    assert_eq!(sink.commands(), ["EHLO hanko.io", "STARTTLS"]);
}

/// Covers MAIL-2.
#[tokio::test]
async fn sends_in_the_clear_when_the_server_offers_no_upgrade() {
    let sink = Sink::start(POLITE).await;
    Smtp::new(&config(sink.port)).unwrap().deliver(&parcel("kim@example.test")).await.unwrap();
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn insists_on_the_upgrade_when_it_is_required() {
    let sink = Sink::start(POLITE).await;
    let mut config = config(sink.port);
    config.smtp.tls = Tls::Starttls;
    let result = Smtp::new(&config).unwrap().deliver(&parcel("kim@example.test")).await;
    assert!(matches!(result, Err(Undelivered::Later(_))));
    assert_eq!(sink.messages().len(), 0);
}

#[tokio::test]
async fn ignores_the_offered_upgrade_when_encryption_is_switched_off() {
    let sink = Sink::start(Manners { starttls: true, ..POLITE }).await;
    let mut config = config(sink.port);
    config.smtp.tls = Tls::Plain;
    Smtp::new(&config).unwrap().deliver(&parcel("kim@example.test")).await.unwrap();
    assert_eq!(sink.messages().len(), 1);
}

/// Covers MAIL-3.
#[tokio::test]
async fn authenticates_only_with_a_configured_user() {
    let sink = Sink::start(Manners { auth: true, ..POLITE }).await;
    let mut config = config(sink.port);
    config.smtp.password = "unused".to_owned().into();
    Smtp::new(&config).unwrap().deliver(&parcel("kim@example.test")).await.unwrap();
    assert!(!sink.commands().iter().any(|command| command.starts_with("AUTH")));

    config.smtp.user = "mailer".into();
    config.smtp.password = "secret".to_owned().into();
    Smtp::new(&config).unwrap().deliver(&parcel("kim@example.test")).await.unwrap();
    // RFC 4616: an empty authorization identity, the user, the password.
    assert!(sink.commands().contains(&"AUTH PLAIN AG1haWxlcgBzZWNyZXQ=".to_owned()));
}

#[test]
fn shows_the_password_on_an_open_line_only_to_this_machine_or_when_told_to() {
    let shows = |host: &str, tls| {
        let mut config = config(25);
        (config.smtp.host, config.smtp.tls) = (host.into(), tls);
        Smtp::new(&config).unwrap().may_show_password()
    };
    assert!(!shows("mail.example.test", Tls::Auto));
    assert!(!shows("192.0.2.1", Tls::Auto));
    assert!(shows("localhost", Tls::Auto));
    assert!(shows("127.0.0.2", Tls::Auto) && shows("::1", Tls::Auto));
    assert!(shows("mail.example.test", Tls::Plain));
}

/// Covers MAIL-7.
#[tokio::test]
async fn sends_from_the_configured_address_to_the_recipient() {
    let sink = Sink::start(POLITE).await;
    let mut config = config(sink.port);
    config.from_address = "no-reply@example.test".into();
    config.from_name = "Example".into();
    Smtp::new(&config).unwrap().deliver(&parcel("kim+x@example.test")).await.unwrap();
    assert!(sink.commands().contains(&"MAIL FROM:<no-reply@example.test>".to_owned()));
    let message = sink.messages().remove(0);
    assert_eq!(message.to, "kim+x@example.test");
    assert!(
        message.raw.contains("\nFrom: Example <no-reply@example.test>\nTo: kim+x@example.test\n"),
        "{}",
        message.raw
    );
}

#[tokio::test]
async fn keeps_the_connection_open_between_mails() {
    let sink = Sink::start(POLITE).await;
    let smtp = Smtp::new(&config(sink.port)).unwrap();
    for _ in 0..3 {
        smtp.deliver(&parcel("kim@example.test")).await.unwrap();
    }
    assert_eq!((sink.connections(), sink.messages().len()), (1, 3));
    smtp.close().await;
    sink.command("QUIT").await;
}

#[tokio::test]
async fn connects_again_when_the_server_has_hung_up() {
    let sink = Sink::start(Manners { hangs_up: true, ..POLITE }).await;
    let smtp = Smtp::new(&config(sink.port)).unwrap();
    for _ in 0..2 {
        smtp.deliver(&parcel("kim@example.test")).await.unwrap();
    }
    assert_eq!((sink.connections(), sink.messages().len()), (2, 2));
}

#[tokio::test]
async fn uses_no_connection_whose_attempt_was_broken_off() {
    let sink = Sink::start(Manners { silent: true, ..POLITE }).await;
    let smtp = Smtp::new(&config(sink.port)).unwrap();
    let delivery = timeout(Duration::from_millis(5), smtp.deliver(&parcel("kim@example.test"))).await;
    assert!(delivery.is_err());
    sink.behave(POLITE);
    smtp.deliver(&parcel("kim@example.test")).await.unwrap();
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn tells_failures_that_may_pass_from_those_that_stay() {
    let sink = Sink::start(POLITE).await;
    let smtp = Smtp::new(&config(sink.port)).unwrap();
    // Twice, for a connection that is kept and for a new one.
    for _ in 0..2 {
        sink.behave(Manners { recipient: Some("550 5.1.1 no such user"), ..POLITE });
        let refused = smtp.deliver(&parcel("kim@example.test")).await;
        assert!(matches!(&refused, Err(Undelivered::Never(reason)) if reason.contains("550")), "{refused:?}");
        sink.behave(Manners { recipient: Some("450 4.2.0 try later"), ..POLITE });
        let refused = smtp.deliver(&parcel("kim@example.test")).await;
        assert!(matches!(&refused, Err(Undelivered::Later(reason)) if reason.contains("450")), "{refused:?}");
        sink.behave(POLITE);
        smtp.deliver(&parcel("kim@example.test")).await.unwrap();
    }
    let invalid = smtp.deliver(&parcel("not an address")).await;
    assert!(matches!(invalid, Err(Undelivered::Never(_))), "{invalid:?}");
    let absent = Smtp::new(&config(Sink::absent().await)).unwrap().deliver(&parcel("kim@example.test")).await;
    assert!(matches!(absent, Err(Undelivered::Later(_))), "{absent:?}");
}

#[test]
fn refuses_a_configuration_that_cannot_work() {
    let mut config = config(25);
    config.smtp.port = "smtp".into();
    assert!(matches!(Smtp::new(&config), Err(SmtpError::Port(port)) if port == "smtp"));
    config.smtp.port = "70000".into();
    assert!(matches!(Smtp::new(&config), Err(SmtpError::Port(_))));
    config.smtp.port = "25".into();
    config.from_address = "nobody".into();
    assert!(matches!(Smtp::new(&config), Err(SmtpError::Sender(_))));
}

#[test]
fn greets_with_the_domain_of_the_sender() {
    let greeting = |address: &str| {
        let config = EmailDelivery { from_address: address.into(), ..config(25) };
        Smtp::new(&config).unwrap().hello.to_string()
    };
    assert_eq!(greeting("no-reply@mail.example.test"), "mail.example.test");
    assert_eq!(greeting("no-reply@localhost"), "[127.0.0.1]");
    assert_eq!(greeting("no-reply@müller.test"), "[127.0.0.1]");
}
