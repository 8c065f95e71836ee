//! An answer of a server, read as a whole.

use reqwest::{RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;

/// An answer of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Sends a request. The future is small, unlike those of the HTTP client, of which tests would otherwise be full.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        Box::pin(async move { Self::of(request.send().await.unwrap()).await }).await
    }

    pub(crate) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    /// Status and JSON body, to be compared at once.
    pub(crate) fn outcome(&self) -> (u16, Value) {
        (self.status, self.json())
    }

    /// All values of a header, in their order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} is there more than once: {values:?}");
        values.first().copied()
    }
}
