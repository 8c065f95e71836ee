//! A server in this process: real TCP, a real database, and a clock that the test may move.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use sealflow::{
    app::{Parts, Tenant},
    clock::ManualClock,
    config,
    console::Lines,
    http::server::{self, Running, Servers},
    identity::{account::Account, sessions::Beginning},
    notify::{mail::KeptMail, outbox::Pace, webhook},
    storage::sessions,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Answer, config as files};

/// A public and an admin server with a database of their own. They end with the test.
pub(crate) struct Server {
    /// The address of the public server, without a slash at the end.
    pub(crate) base: String,
    /// The address of the admin server, without a slash at the end.
    pub(crate) admin: String,
    /// Asks without cookies and without following redirects.
    pub(crate) http: Client,
    /// What the servers serve.
    pub(crate) running: Running,
    folder: Arc<TempDir>,
}

impl Server {
    /// Starts servers; `yaml` is laid over the configuration of all tests.
    pub(crate) async fn start(yaml: &str) -> Self {
        Box::pin(Self::start_with(yaml, parts())).await
    }

    /// Starts servers whose time stands still at `2026-03-01T10:00:00.25Z` until the test moves it.
    pub(crate) async fn start_with_clock(yaml: &str) -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new("2026-03-01T10:00:00.25Z".parse().unwrap()));
        let parts = Parts { clock: Arc::clone(&clock) as _, ..parts() };
        (Box::pin(Self::start_with(yaml, parts)).await, clock)
    }

    /// The same with ids, codes and whatever else is drawn that are the same each time.
    pub(crate) async fn start_repeatably(yaml: &str) -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new("2026-03-01T10:00:00.25Z".parse().unwrap()));
        let random = Arc::new(sealflow::random::SeededRandom::new(0));
        let parts = Parts { clock: Arc::clone(&clock) as _, random, ..parts() };
        (Box::pin(Self::start_with(yaml, parts)).await, clock)
    }

    async fn start_with(yaml: &str, parts: Parts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = files::write(folder.path(), yaml);
        Self::serve(&path, Arc::new(folder), parts).await
    }

    /// Starts another server with the same configuration, and so the same database.
    pub(crate) async fn twin(&self, clock: Option<Arc<ManualClock>>) -> Self {
        let mut parts = parts();
        if let Some(clock) = clock {
            parts.clock = clock;
        }
        let path = self.folder.path().join("config.yaml");
        Box::pin(Self::serve(&path, Arc::clone(&self.folder), parts)).await
    }

    async fn serve(path: &Path, folder: Arc<TempDir>, parts: Parts) -> Self {
        let config = config::load(Some(path), &BTreeMap::new()).unwrap().config;
        let running = server::start(config, Servers::All, parts, &Lines::to(std::io::sink()).unwrap()).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "tests ask servers of their own")]
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self {
            base: format!("http://{}", running.public.unwrap()),
            admin: format!("http://{}", running.admin.unwrap()),
            http,
            running,
            folder,
        }
    }

    /// Everything that requests work with.
    pub(crate) fn tenant(&self) -> &Arc<Tenant> {
        self.running.app.tenant()
    }

    /// The mails that were not sent, newest first; only with `development: true`.
    pub(crate) fn mails(&self) -> Vec<Arc<KeptMail>> {
        self.tenant().mailbox.as_ref().unwrap().list()
    }

    /// A request to the public server.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse::<Method>().unwrap(), format!("{}{path}", self.base))
    }

    /// A request to the admin server.
    pub(crate) fn admin_request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse::<Method>().unwrap(), format!("{}{path}", self.admin))
    }

    /// Asks the public server without body and headers.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        Answer::to(self.request(method, path)).await
    }

    /// Asks the admin server with a JSON body.
    pub(crate) async fn administer(&self, method: &str, path: &str, body: Value) -> Answer {
        Answer::to(self.admin_request(method, path).json(&body)).await
    }

    /// Creates a user with a primary address.
    pub(crate) async fn user(&self, address: &str) -> Uuid {
        let body = json!({ "emails": [{ "address": address, "is_primary": true, "is_verified": true }] });
        let answer = self.administer("POST", "/users", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Begins a session and returns its token.
    pub(crate) async fn session(&self, user: Uuid) -> Session {
        let tenant = self.tenant();
        let mut unit = tenant.unit();
        let account = Box::pin(Account::load(&unit, user)).await.unwrap().unwrap();
        let sessions = tenant.sessions();
        let issued = Box::pin(sessions.begin(&mut unit, &account, Beginning::default())).await.unwrap();
        unit.commit().await.unwrap();
        Session { id: issued.session.id.0, token: issued.token }
    }

    /// The row of a session.
    pub(crate) async fn session_row(&self, id: Uuid) -> Option<sealflow::storage::entities::sessions::Model> {
        sessions::by_id(&self.tenant().unit(), id).await.unwrap()
    }

    /// Changes rows.
    pub(crate) async fn execute(&self, statement: &str) {
        use sea_orm::ConnectionTrait;
        let mut unit = self.tenant().unit();
        unit.write().await.unwrap().execute_unprepared(statement).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// Asks the public server with the token of a session in the header `Authorization`.
    pub(crate) async fn ask_as(&self, session: &Session, method: &str, path: &str) -> Answer {
        Answer::to(self.request(method, path).bearer_auth(&session.token)).await
    }

    /// Asks the public server with the token of a session in its cookie.
    pub(crate) async fn ask_with_cookie(&self, token: &str, method: &str, path: &str) -> Answer {
        let cookie = format!("{}={token}", self.tenant().config.session.cookie.effective_name());
        Answer::to(self.request(method, path).header("cookie", cookie)).await
    }
}

/// What does not work at once is tried again soon.
fn parts() -> Parts {
    let moment = Duration::from_millis(20);
    let webhook_pace = Pace { first_retry: moment, longest_retry: 5 * moment, deletion: moment, ..webhook::pace() };
    Parts { webhook_pace, ..Parts::default() }
}

/// A session of a test user.
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) token: String,
}
