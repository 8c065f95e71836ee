//! Where hooks may call: those of the file anywhere, those that were registered over HTTP the public internet only.

use super::{ANYWHERE, Stored, all_delivered, make_something_happen};
use crate::support::{Server, receiver::Receiver};

#[tokio::test]
async fn a_hook_in_the_database_does_not_call_hosts_of_this_network() {
    let [receiver, witness] = [Receiver::start().await, Receiver::start().await];
    let server = Server::start(&witness.configured("user")).await;
    let port = receiver.url().rsplit_once(':').unwrap().1.to_owned();
    let spelled = [
        receiver.url(),
        receiver.url_by_name(),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0.0.0.0:{port}"),
        format!("http://localhost.:{port}"),
        format!("ftp://127.0.0.1:{port}"),
    ];
    let mut hooks = Vec::new();
    for callback in &spelled {
        hooks.push(Stored::register(&server, callback, &["user"]).await);
    }
    make_something_happen(&server, &witness, "ada").await;
    for hook in hooks {
        hook.until(|row| row.failures == 1).await;
        // A registered hook that may not be called is a hook that fails: sooner or later it is disabled.
        server.execute(&format!("UPDATE webhooks SET enabled = FALSE WHERE id = '{}'", hook.id)).await;
    }
    all_delivered(&server).await;
    assert_eq!(receiver.calls().len(), 0);
}

#[tokio::test]
async fn an_operator_may_allow_hosts_of_this_network() {
    let receiver = Receiver::start().await;
    let server = Server::start(ANYWHERE).await;
    Stored::register(&server, &receiver.url_by_name(), &["user"]).await;
    make_something_happen(&server, &receiver, "ada").await;
}

#[tokio::test]
async fn a_hook_of_the_file_may_call_hosts_of_this_network_by_name() {
    let receiver = Receiver::start().await;
    let yaml = receiver.configured("user").replace(&receiver.url(), &receiver.url_by_name());
    let server = Server::start(&yaml).await;
    make_something_happen(&server, &receiver, "ada").await;
}
