//! What a client sends and no handler reads. Where such a rest is still on its way when the answer is out, hyper closes the
//! connection without a word, and the next request, which the client has sent on it already, is lost. So the rest is read
//! first, and where that cannot be, the answer says that the connection ends (RFC 9112 section 9.6).

use std::{
    future::poll_fn,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use hyper::body::Bytes;
use poem::{
    Body, Request, Response,
    http::{HeaderValue, header::CONNECTION},
};

/// How much of a rest is read, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long an answer waits for a rest.
const PATIENCE: Duration = Duration::from_secs(2);

type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// The body of a request, which stays within reach after the handler has dropped it.
pub(super) struct Unread(Arc<Mutex<Chunks>>);

impl Unread {
    /// Watches the body of a request; nothing if it has none.
    pub(super) fn watch(request: &mut Request) -> Option<Self> {
        let body = request.take_body();
        if body.is_empty() {
            return None;
        }
        let chunks: Chunks = body.into_bytes_stream().boxed();
        let unread = Self(Arc::new(Mutex::new(chunks)));
        let shared = Self(Arc::clone(&unread.0));
        request.set_body(Body::from_bytes_stream(stream::poll_fn(move |context| {
            shared.chunks().poll_next_unpin(context)
        })));
        Some(unread)
    }

    /// Reads what is left, before `answer` goes out.
    pub(super) async fn finish(self, answer: &mut Response) {
        let read = async {
            let mut length = 0;
            while let Some(chunk) = poll_fn(|context| self.chunks().poll_next_unpin(context)).await {
                length += chunk.ok()?.len();
                if length > LIMIT {
                    return None;
                }
            }
            Some(())
        };
        if !matches!(tokio::time::timeout(PATIENCE, read).await, Ok(Some(()))) {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Polling does not panic half-way: what a poisoned lock holds is as good as before.
    fn chunks(&self) -> MutexGuard<'_, Chunks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
