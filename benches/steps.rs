//! What the steps of a flow cost without HTTP, on SQLite: compare them with `init`, the smallest, before and after a
//! change. `cargo bench` prints the change since the last run.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use criterion::{Criterion, criterion_group, criterion_main};
use sealflow::{
    actions::{Client, Context},
    app::{App, Parts, Tenant},
    clock::{Clock, ManualClock},
    config,
    engine::{Reply, Request},
    identity::{
        totp::TotpSecret,
        users::{self, NewEmail, NewUser},
    },
    notify::{audit::RequestMeta, mail::Language},
    storage::otp_secrets,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use totp_rs::Totp;

const CONFIG: &str = r"
development: true
secret_keys: [a-secret-for-measurements-only]
database: { url: 'sqlite://DATABASE' }
audit_log: { console_output: { enabled: false } }
rate_limiter: { enabled: false }
password: { hashing: { memory_kib: 64, passes: 1 } }
passkey: { acquire_on_login: never }
mfa: { device_trust_policy: never }
";

const PASSWORD: &str = "correct horse";
/// Somebody with a password.
const ADA: &str = "ada@example.org";
/// Somebody with a password and an authenticator app.
const GRACE: &str = "grace@example.org";
/// The secret of the examples in RFC 6238 appendix B, in base32.
const OTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

struct Site {
    tenant: Arc<Tenant>,
    clock: Arc<ManualClock>,
    app: Totp,
    _folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        let database = folder.path().join("bench.db");
        std::fs::write(&file, CONFIG.replace("DATABASE", &database.display().to_string())).unwrap();
        let config = config::load(Some(&file), &BTreeMap::new()).unwrap().config;
        let clock = Arc::new(ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap()));
        let parts = Parts { makes_keys: true, clock: Arc::clone(&clock) as _, ..Parts::default() };
        let app = App::start(config, parts).await.unwrap();
        let secret = totp_rs::Secret::try_from_base32(OTP_SECRET).unwrap();
        let site = Self {
            tenant: Arc::clone(app.tenant()),
            clock,
            app: totp_rs::Builder::new().with_secret(secret).build_noncompliant(),
            _folder: folder,
        };
        site.user(ADA, false).await;
        site.user(GRACE, true).await;
        site
    }

    async fn user(&self, address: &str, has_app: bool) {
        let services = &self.tenant.services;
        let (moment, password) = (services.moment(), PASSWORD.to_owned().into());
        let email = NewEmail { address: address.to_owned(), is_primary: true, is_verified: true };
        let new = NewUser { id: None, emails: vec![email], username: None, created_at: moment.now };
        let mut unit = services.unit();
        let (random, now) = (moment.random, moment.now);
        let user = users::create(&mut unit, random, now, new).await.unwrap();
        users::set_first_password(&mut unit, &services.passwords, random, now, user, &password).await.unwrap();
        if has_app {
            let secret = TotpSecret::open(&OTP_SECRET.to_owned().into(), &services.secrets).unwrap();
            let sealed = secret.seal(&services.secrets).unwrap();
            otp_secrets::insert(&mut unit, moment.id(), user, sealed, None, now).await.unwrap();
        }
        unit.commit().await.unwrap();
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

    /// From nothing to the session, or to the question for the second factor.
    async fn password(&self, address: &str) -> Value {
        let init = self.preflight(&self.init().await).await;
        let chooser = self.act(&init, "continue_with_login_identifier", json!({ "email": address })).await;
        let question = self.act(&chooser, "continue_to_password_login", json!({})).await;
        self.act(&question, "password_login", json!({ "password": PASSWORD })).await
    }

    /// The same, and the code of the authenticator app.
    async fn password_and_code(&self) -> Value {
        let question = self.password(GRACE).await;
        // A code is good once.
        self.clock.advance(TimeDelta::seconds(30));
        let code = self.app.generate(self.clock.now().timestamp().unsigned_abs());
        self.act(&question, "otp_code_validate", json!({ "otp_code": code.to_string() })).await
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
    group.bench_function("password", |bencher| {
        bencher.to_async(&runtime).iter(async || assert_eq!(site.password(ADA).await["name"], "success"));
    });
    group.bench_function("password, code", |bencher| {
        bencher.to_async(&runtime).iter(async || assert_eq!(site.password_and_code().await["name"], "success"));
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
