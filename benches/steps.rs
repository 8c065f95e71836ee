//! What the steps of a flow cost without HTTP, on SQLite: compare them with `init`, the smallest, before and after a
//! change. `cargo bench` prints the change since the last run.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::{collections::BTreeMap, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use sealflow::{
    actions::{Client, Context},
    app::{App, Parts, Tenant},
    config,
    engine::{Reply, Request},
    notify::{audit::RequestMeta, mail::Language},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const CONFIG: &str = r"
development: true
secret_keys: [a-secret-for-measurements-only]
database: { url: 'sqlite://DATABASE' }
audit_log: { console_output: { enabled: false } }
rate_limiter: { enabled: false }
";

struct Site {
    tenant: Arc<Tenant>,
    _folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        let database = folder.path().join("bench.db");
        std::fs::write(&file, CONFIG.replace("DATABASE", &database.display().to_string())).unwrap();
        let config = config::load(Some(&file), &BTreeMap::new()).unwrap().config;
        let app = App::start(config, Parts { makes_keys: true, ..Parts::default() }).await.unwrap();
        Self { tenant: Arc::clone(app.tenant()), _folder: folder }
    }

    fn context(&self) -> Context {
        let meta = RequestMeta { request_id: "bench".into(), ip: "127.0.0.1".into(), user_agent: "bench".into() };
        Context::new(Arc::clone(&self.tenant.services), Client { meta, language: Language::English })
    }

    async fn init(&self) -> Value {
        shown(self.tenant.engine.start("login", &mut self.context()).await)
    }

    async fn act(&self, before: &Value, action: &str, inputs: Value) -> Value {
        let href = before["actions"][action]["href"].as_str().unwrap();
        let request = Request {
            action: action.to_owned(),
            flow: href.rsplit_once("%40").unwrap().1.parse().unwrap(),
            inputs: inputs.as_object().unwrap().clone(),
            csrf_token: before["csrf_token"].as_str().unwrap().to_owned(),
        };
        shown(self.tenant.engine.advance("login", request, &mut self.context()).await)
    }

    async fn preflight(&self, before: &Value) -> Value {
        self.act(before, "register_client_capabilities", json!({ "webauthn_available": true })).await
    }

    /// From the address to the mail with the code, for an address that nobody has.
    async fn passcode(&self, before: &Value) -> Value {
        let chooser =
            self.act(before, "continue_with_login_identifier", json!({ "email": "nobody@example.org" })).await;
        self.act(&chooser, "continue_to_passcode_confirmation", json!({})).await
    }
}

fn shown(reply: Reply) -> Value {
    let response = serde_json::to_value(reply.response).unwrap();
    assert_eq!(response["status"], 200, "{response:#}");
    response
}

fn steps(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let site = runtime.block_on(Site::start());
    let mut group = criterion.benchmark_group("login");
    group.bench_function("init", |bencher| bencher.to_async(&runtime).iter(|| site.init()));
    group.bench_function("init, preflight", |bencher| {
        bencher.to_async(&runtime).iter(async || site.preflight(&site.init().await).await);
    });
    group.bench_function("init, preflight, address, passcode", |bencher| {
        bencher.to_async(&runtime).iter(async || site.passcode(&site.preflight(&site.init().await).await).await);
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
