//! What the steps of a flow cost without HTTP, on SQLite: compare them with `init`, the smallest, before and after a
//! change. `cargo bench` prints the change since the last run.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use cpu_time::ProcessTime;
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
    notify::{audit::RequestMeta, mail::Language, outbox::Pace, webhook},
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
rate_limiter: { enabled: false }
mfa: { device_trust_policy: never }
password: { acquire_on_login: never, hashing: { memory_kib: 64, passes: 1 } }
passkey: { acquire_on_login: never }
";

/// Nobody is told of anything.
const ALONE: &str = "audit_log: { console_output: { enabled: false } }";

/// An audit log in the database.
const AUDITED: &str = "audit_log: { console_output: { enabled: false }, storage: { enabled: true } }";

/// The same, and a hook that is told of every login.
const TOLD: &str = r"audit_log: { console_output: { enabled: false }, storage: { enabled: true } }
webhooks: { enabled: true, hooks: [{ callback: 'http://127.0.0.1:9/', events: [user, session] }] }
";

/// Somebody with a password.
const ADDRESS: &str = "ada@example.org";
/// Somebody with a password and an authenticator app.
const WITH_APP: &str = "grace@example.org";
const PASSWORD: &str = "correct horse";
/// The secret of the examples in RFC 6238 appendix B, in base32.
const OTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

struct Site {
    tenant: Arc<Tenant>,
    clock: Arc<ManualClock>,
    app: Totp,
    _folder: TempDir,
}

impl Site {
    /// Starts a site; `more` is added to its configuration. Nothing is delivered: what is measured is what the step costs.
    async fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        let database = folder.path().join("bench.db");
        let config = format!("{CONFIG}{more}").replace("DATABASE", &database.display().to_string());
        std::fs::write(&file, config).unwrap();
        let config = config::load(Some(&file), &BTreeMap::new()).unwrap().config;
        let webhook_pace = Pace { concurrent: 0, ..webhook::pace() };
        let clock = Arc::new(ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap()));
        let parts = Parts { makes_keys: true, webhook_pace, clock: Arc::clone(&clock) as _, ..Parts::default() };
        let app = App::start(config, parts).await.unwrap();
        let tenant = Arc::clone(app.tenant());
        let secret = totp_rs::Secret::try_from_base32(OTP_SECRET).unwrap();
        let app = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
        let site = Self { tenant, clock, app, _folder: folder };
        site.register(ADDRESS, false).await;
        site.register(WITH_APP, true).await;
        site
    }

    /// Makes an account with a password, and with an authenticator app if it is to have one.
    async fn register(&self, address: &str, has_app: bool) {
        let tenant = &self.tenant;
        let email = NewEmail { address: address.into(), is_primary: true, is_verified: true };
        let (now, random, password) = (tenant.clock.now(), tenant.random.as_ref(), PASSWORD.to_owned().into());
        let user = NewUser { id: None, emails: vec![email], username: None, created_at: now };
        let mut unit = tenant.unit();
        let user = users::create(&mut unit, random, now, user).await.unwrap();
        users::set_first_password(&mut unit, &tenant.passwords, random, now, user, &password).await.unwrap();
        if has_app {
            let secret = TotpSecret::open(&OTP_SECRET.to_owned().into(), &tenant.secrets).unwrap();
            let sealed = secret.seal(&tenant.secrets).unwrap();
            otp_secrets::insert(&mut unit, random.uuid(), user, sealed, None, now).await.unwrap();
        }
        unit.commit().await.unwrap();
    }

    fn context(&self) -> Context {
        let meta = RequestMeta { request_id: "bench".into(), ip: "127.0.0.1".into(), user_agent: "bench".into() };
        Context::new(
            Arc::clone(&self.tenant.services),
            Client { meta, language: Language::English, language_header: String::new() },
        )
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

    /// Up to the state in which the code is asked for, and the code.
    async fn before_login(&self) -> (Value, String) {
        let before = self.preflight(&self.init().await).await;
        let chooser = self.act(&before, "continue_with_login_identifier", json!({ "email": ADDRESS })).await;
        let asked = match chooser["actions"].get("continue_to_passcode_confirmation") {
            Some(_) => self.act(&chooser, "continue_to_passcode_confirmation", json!({})).await,
            None => chooser,
        };
        let mails = self.tenant.mailbox.as_ref().unwrap().list();
        let mut words = mails[0].mail.subject.split(' ');
        let code = words.find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())).unwrap();
        (asked, code.to_owned())
    }

    /// The last step of a login: the code is right, and a session begins.
    async fn login(&self, (asked, code): (Value, String)) -> Value {
        let signed_in = self.act(&asked, "verify_passcode", json!({ "code": code })).await;
        assert_eq!(signed_in["name"], "success");
        signed_in
    }

    /// From the address to the mail with the code, for an address that nobody has.
    async fn passcode(&self, before: &Value) -> Value {
        let chooser =
            self.act(before, "continue_with_login_identifier", json!({ "email": "nobody@example.org" })).await;
        self.act(&chooser, "continue_to_passcode_confirmation", json!({})).await
    }

    /// Signs in with a password, up to the session or the question for a code.
    async fn password(&self, address: &str) -> Value {
        let before = self.preflight(&self.init().await).await;
        let chooser = self.act(&before, "continue_with_login_identifier", json!({ "email": address })).await;
        let asked = self.act(&chooser, "continue_to_password_login", json!({})).await;
        self.act(&asked, "password_login", json!({ "password": PASSWORD })).await
    }

    /// Answers the question for a code.
    async fn code(&self, asked: &Value) -> Value {
        // A code is good once.
        self.clock.advance(TimeDelta::seconds(30));
        let code = self.app.generate(self.clock.now().timestamp().unsigned_abs());
        self.act(asked, "otp_code_validate", json!({ "otp_code": code.to_string() })).await
    }
}

fn shown(reply: Reply) -> Value {
    let response = serde_json::to_value(reply.response).unwrap();
    assert_eq!(response["status"], 200, "{response:#}");
    response
}

fn steps(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let site = runtime.block_on(Site::start(ALONE));
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

/// The step that ends a login with a passcode, with and without what others are told of it: the time of the processor,
/// which does not depend on the disk.
fn told(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("verify_passcode");
    for (name, more) in [("alone", ALONE), ("with audit", AUDITED), ("with audit and webhooks", TOLD)] {
        let site = runtime.block_on(Site::start(more));
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter_custom(async |times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    let ready = site.before_login().await;
                    let start = ProcessTime::now();
                    site.login(ready).await;
                    spent += start.elapsed();
                }
                spent
            });
        });
    }
    group.finish();
}

/// A whole sign-in with a password, without and with a code of an authenticator app.
fn second_factor(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let site = runtime.block_on(Site::start(ALONE));
    let mut group = criterion.benchmark_group("second factor");
    group.bench_function("password", |bencher| {
        bencher.to_async(&runtime).iter(async || assert_eq!(site.password(ADDRESS).await["name"], "success"));
    });
    group.bench_function("password, code", |bencher| {
        bencher.to_async(&runtime).iter(async || {
            let asked = site.password(WITH_APP).await;
            assert_eq!(site.code(&asked).await["name"], "success");
        });
    });
    group.finish();
}

criterion_group!(benches, steps, told, second_factor);
criterion_main!(benches);
