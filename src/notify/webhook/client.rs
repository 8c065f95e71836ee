//! The HTTP clients that call hooks, and what counts as an answer.

use std::{error::Error, time::Duration};

use reqwest::{Client, Response, redirect::Policy};
use tokio::sync::OnceCell;

use super::address::PublicOnly;

/// How long one call may take, from the resolution of the name to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is read, so that its connection can be used again.
const READ_AT_MOST: usize = 64 * 1024;

/// One client for every address, one for those of the public internet. The trusted certificates are read once, and only
/// if there is a hook to call.
#[derive(Default)]
pub(super) struct Clients {
    free: OnceCell<Client>,
    confined: OnceCell<Client>,
}

impl Clients {
    /// A client; `confined` to the public internet if need be.
    pub(super) async fn get(&self, confined: bool) -> Result<&Client, String> {
        let cell = if confined { &self.confined } else { &self.free };
        cell.get_or_try_init(|| async {
            let built = tokio::task::spawn_blocking(move || build(confined)).await;
            built.map_err(|error| error.to_string())?.map_err(described)
        })
        .await
    }
}

fn build(confined: bool) -> reqwest::Result<Client> {
    #[expect(clippy::disallowed_methods, reason = "this is where the client of webhooks is built, with its limits")]
    let builder = Client::builder()
        .user_agent(concat!("sealflow/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(TIMEOUT);
    // A proxy would resolve names by itself, and nobody would look at their addresses.
    if confined { builder.no_proxy().dns_resolver(PublicOnly).build() } else { builder.build() }
}

/// Whether the hook has taken what it was told. An answer that does not end in time is none.
pub(super) async fn accept(response: Response) -> Result<(), String> {
    let status = response.status();
    if status.as_u16() >= 400 {
        // Only for the sake of the connection.
        let _ = drain(response).await;
        return Err(format!("the answer is {status}"));
    }
    drain(response).await.map_err(described)
}

/// Reads what little there should be, and gives up on more. What the answer says does not matter.
async fn drain(mut response: Response) -> reqwest::Result<()> {
    let mut read = 0;
    while let Some(chunk) = response.chunk().await?
        && read <= READ_AT_MOST
    {
        read += chunk.len();
    }
    Ok(())
}

/// An error with its causes. Without the URL, which may hold a secret.
pub(super) fn described(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// Asks somebody who answers with this text, and then does nothing more (`stays`) or closes the connection.
    async fn ask(answer: &'static str, stays: bool) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = async {
            let (mut stream, _): (TcpStream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            if stays {
                std::future::pending::<()>().await;
            }
        };
        let client = async {
            let clients = Clients::default();
            let response = clients.get(false).await.unwrap().post(url).send().await.unwrap();
            accept(response).await
        };
        tokio::select! {
            biased;
            accepted = client => accepted,
            () = async { server.await; std::future::pending().await } => unreachable!(),
        }
    }

    #[tokio::test]
    async fn accepts_what_is_no_error_and_whatever_it_says() {
        assert_eq!(ask("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno", true).await, Ok(()));
        assert_eq!(ask("HTTP/1.1 399 Odd\r\ncontent-length: 0\r\n\r\n", true).await, Ok(()));
        let refused = ask("HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\nok", true).await.unwrap_err();
        assert!(refused.contains("400"), "{refused}");
    }

    /// Covers HOOK-9.
    #[tokio::test]
    async fn an_answer_without_its_end_is_a_failure() {
        for stays in [false, true] {
            assert!(ask("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", stays).await.is_err(), "{stays}");
        }
    }
}
