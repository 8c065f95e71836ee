//! A client of flows, as a front end is one: it follows `href`, sends the newest token and knows no state by itself.
//! Every answer it gets is compared with the OpenAPI document of the server that gave it.

use std::{ops::Deref, sync::Arc};

use jsonschema::Validator;
use reqwest::RequestBuilder;
use sealflow::{clock::ManualClock, notify::mail::KeptMail};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Answer, Server, authenticator::Authenticator, config::lay_over, person::PASSWORD, server::Session};

/// The origin from which passkeys are accepted.
pub(crate) const ORIGIN: &str = "http://localhost:8888";

/// A server whose flows are tested: it keeps its mails, hashes passwords cheaply, limits nothing and keeps an audit log,
/// unless the test says otherwise.
pub(crate) struct Site {
    server: Server,
    document: Value,
    login: Validator,
    registration: Validator,
    profile: Validator,
}

impl Deref for Site {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Site {
    /// Starts a server; `yaml` is laid over the configuration of all flow tests.
    pub(crate) async fn start(yaml: &str) -> Self {
        // Starting a server takes a large future.
        Self::of(Box::pin(Server::start(&laid_over(yaml))).await).await
    }

    /// Starts a server; `more` is laid over `yaml`.
    pub(crate) async fn start_over(yaml: &str, more: &str) -> Self {
        Self::start(&Self::laid_over(yaml, more)).await
    }

    /// The configuration `yaml` with `more` laid over it.
    pub(crate) fn laid_over(yaml: &str, more: &str) -> String {
        let mut config = serde_saphyr::from_str(yaml).unwrap();
        if !more.is_empty() {
            lay_over(&mut config, serde_saphyr::from_str(more).unwrap());
        }
        config.to_string()
    }

    /// Starts a server whose time stands still until the test moves it.
    pub(crate) async fn start_with_clock(yaml: &str) -> (Self, Arc<ManualClock>) {
        let (server, clock) = Box::pin(Server::start_with_clock(&laid_over(yaml))).await;
        (Self::of(server).await, clock)
    }

    /// The same with ids and codes that are the same each time.
    pub(crate) async fn start_repeatably(yaml: &str) -> (Self, Arc<ManualClock>) {
        let (server, clock) = Box::pin(Server::start_repeatably(&laid_over(yaml))).await;
        (Self::of(server).await, clock)
    }

    async fn of(server: Server) -> Self {
        let document = server.ask("GET", "/openapi.json").await.json();
        let login = validator(&document, "#/components/schemas/LoginFlow");
        let registration = validator(&document, "#/components/schemas/RegistrationFlow");
        let profile = validator(&document, "#/components/schemas/ProfileFlow");
        Self { server, document, login, registration, profile }
    }

    /// Starts a flow; it is in its first state.
    pub(crate) async fn init(&self, flow: &str) -> Flow<'_> {
        self.init_as(flow, None).await
    }

    /// Starts a flow with the token of a session.
    pub(crate) async fn init_as(&self, flow: &str, token: Option<String>) -> Flow<'_> {
        let mut request = self.request("POST", &format!("/{flow}"));
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        let answer = Answer::to(request).await;
        let body = self.check(flow, &answer);
        assert_eq!(answer.status, 200, "{body:#}");
        let (_, action) = body["actions"].as_object().unwrap().iter().next().unwrap();
        let id = action["href"].as_str().unwrap().rsplit_once("%40").unwrap().1.parse().unwrap();
        Flow {
            site: self,
            name: flow.to_owned(),
            id,
            language: None,
            user_agent: None,
            cookie: None,
            session: token.unwrap_or_default(),
            usable: body.clone(),
            body,
            answer,
        }
    }

    /// Starts a flow on a device.
    pub(crate) async fn begin(&self, flow: &str, device: Device) -> Flow<'_> {
        let mut flow = self.init(flow).await;
        flow.act("register_client_capabilities", device.inputs()).await.reaches(200);
        flow
    }

    /// Starts to sign in on a device without passkeys.
    pub(crate) async fn login(&self) -> Flow<'_> {
        self.begin("login", Device::Old).await
    }

    /// Starts to sign up on a device without passkeys.
    pub(crate) async fn registration(&self) -> Flow<'_> {
        self.begin("registration", Device::Old).await
    }

    /// Shows the account of a session.
    pub(crate) async fn profile(&self, session: &Session) -> Flow<'_> {
        self.profile_on(session, Device::Old).await
    }

    /// Several flows that show the account of a session, for actions at once.
    pub(crate) async fn profiles(&self, session: &Session, count: usize) -> Vec<Flow<'_>> {
        let mut flows = Vec::with_capacity(count);
        for _ in 0..count {
            flows.push(self.profile(session).await);
        }
        flows
    }

    /// Shows the account of a session on a device.
    pub(crate) async fn profile_on(&self, session: &Session, device: Device) -> Flow<'_> {
        let mut flow = self.init_as("profile", Some(session.token.clone())).await;
        flow.is("preflight");
        flow.act("register_client_capabilities", device.inputs()).await.is("profile_init");
        flow
    }

    /// Signs in with an address and a password, on a device. What follows depends on the account.
    pub(crate) async fn first_factor(&self, address: &str, password: &str, device: Device) -> Flow<'_> {
        let mut flow = self.begin("login", device).await;
        flow.identify(address).await;
        if flow.state() == "login_method_chooser" {
            flow.act("continue_to_password_login", json!({})).await;
        }
        flow.act("password_login", json!({ "password": password })).await;
        flow
    }

    /// Starts to sign in with an address.
    pub(crate) async fn login_as(&self, address: &str) -> Flow<'_> {
        let mut flow = self.login().await;
        flow.identify(address).await;
        flow
    }

    /// Creates a user with this address and this password.
    pub(crate) async fn user_with_password(&self, address: &str, password: &str) -> Uuid {
        let user = self.user(address).await;
        self.set_password(user, password).await;
        user
    }

    /// Creates `ada@example.org` with a second address and a [`PASSWORD`].
    pub(crate) async fn ada(&self) {
        let email = |address, is_primary| json!({ "address": address, "is_primary": is_primary, "is_verified": true });
        let emails = [email("ada@example.org", true), email("countess@example.org", false)];
        let answer = self.administer("POST", "/users", json!({ "emails": emails })).await;
        self.set_password(answer.json()["id"].as_str().unwrap().parse().unwrap(), PASSWORD).await;
    }

    /// Creates a user with a username, and with an address unless it is empty.
    pub(crate) async fn user_named(&self, username: &str, address: &str) -> Uuid {
        let mut body = json!({ "username": username });
        if !address.is_empty() {
            body["emails"] = json!([{ "address": address, "is_primary": true, "is_verified": true }]);
        }
        let answer = self.administer("POST", "/users", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Gives a user a password.
    pub(crate) async fn set_password(&self, user: Uuid, password: &str) {
        let path = format!("/users/{user}/password");
        let answer = self.administer("POST", &path, json!({ "password": password })).await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// The newest mail to an address.
    pub(crate) fn mail_to(&self, address: &str) -> Arc<KeptMail> {
        self.mails_to(address).into_iter().next().unwrap_or_else(|| panic!("no mail was sent to {address}"))
    }

    /// The mails to an address, newest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<Arc<KeptMail>> {
        self.mails().into_iter().filter(|kept| kept.mail.to == address).collect()
    }

    /// The code in the newest mail to an address.
    pub(crate) fn code_for(&self, address: &str) -> String {
        code_in(&self.mail_to(address)).unwrap_or_else(|| panic!("the mail to {address} has no code"))
    }

    /// Signs in with a passcode, gets a passkey on the way, and gives the authenticator that holds it. The configuration
    /// must ask for a passkey at login.
    pub(crate) async fn give_passkey(&self, address: &str) -> Authenticator {
        let mut authenticator = Authenticator::new(ORIGIN);
        let mut flow = self.begin("login", Device::Passkeys).await;
        flow.identify(address).await;
        if flow.state() == "login_method_chooser" {
            flow.act("continue_to_passcode_confirmation", json!({})).await;
        }
        flow.confirm(address).await.is("onboarding_create_passkey");
        flow.create_passkey(&mut authenticator).await;
        authenticator
    }

    /// What the audit log holds, oldest first.
    pub(crate) async fn audit(&self) -> Vec<Value> {
        self.rows("audit_logs", &["type", "error", "actor_user_id", "actor_email", "details"])
            .await
            .into_iter()
            .map(|mut row| {
                let details = row["details"].as_str().map(|text| serde_json::from_str(text).unwrap());
                row["details"] = details.unwrap_or_default();
                row
            })
            .collect()
    }

    /// The entries of one type in the audit log.
    pub(crate) async fn audited(&self, kind: &str) -> Vec<Value> {
        self.audit().await.into_iter().filter(|entry| entry["type"] == kind).collect()
    }

    /// The rows of a table in the order in which they were written, with these columns as members.
    pub(crate) async fn rows(&self, table: &str, columns: &[&str]) -> Vec<Value> {
        use sea_orm::{ConnectionTrait, DbBackend, Statement};
        let members: Vec<String> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
        let unit = self.tenant().unit();
        let reader = unit.read();
        let (object, order) = match reader.get_database_backend() {
            DbBackend::Sqlite => ("json_object", "rowid"),
            DbBackend::Postgres => ("CAST(json_build_object", "created_at"),
            _ => ("json_object", "created_at"),
        };
        let end = if object.starts_with("CAST") { " AS text)" } else { "" };
        let query = format!("SELECT {object}({}){end} FROM {table} ORDER BY {order}", members.join(", "));
        let statement = Statement::from_string(reader.get_database_backend(), query);
        let rows = reader.query_all_raw(statement).await.unwrap();
        let parse = |text: String| -> Value {
            let mut row: Value = serde_json::from_str(&text).unwrap();
            for value in row.as_object_mut().unwrap().values_mut() {
                // Most databases have numbers for truth values.
                if let Value::Bool(truth) = *value {
                    *value = u8::from(truth).into();
                }
            }
            row
        };
        rows.iter().map(|row| parse(row.try_get_by_index(0).unwrap())).collect()
    }

    /// Gives the only user a credential that nobody holds.
    pub(crate) async fn add_credential(&self, id: &str, only_second_factor: bool) {
        self.execute(&format!(
            "INSERT INTO webauthn_credentials (id, user_id, public_key, attestation_type, aaguid, sign_count, created_at, \
             updated_at, backup_eligible, backup_state, mfa_only, tenant_id) \
             SELECT '{id}', id, 'a', 'none', '00000000-0000-0000-0000-000000000000', 0, created_at, updated_at, FALSE, FALSE, \
             {only_second_factor}, tenant_id FROM users"
        ))
        .await;
    }

    /// Gives the only user an authenticator app with this secret.
    pub(crate) async fn add_otp_secret(&self, base32: &str) {
        self.execute(&format!(
            "INSERT INTO otp_secrets (id, user_id, secret, created_at, updated_at, tenant_id) \
             SELECT id, id, '{base32}', created_at, updated_at, tenant_id FROM users"
        ))
        .await;
    }

    /// Makes `code` the code of every passcode that was sent, as if it had been guessed.
    pub(crate) async fn guess_codes(&self, code: &str) {
        self.execute(&format!("UPDATE passcodes SET code = '{}'", bcrypt::hash(code, 4).unwrap())).await;
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> usize {
        use sea_orm::{ConnectionTrait, Statement};
        let unit = self.tenant().unit();
        let reader = unit.read();
        let query = format!("SELECT COUNT(*) FROM {table}");
        let statement = Statement::from_string(reader.get_database_backend(), query);
        let row = reader.query_one_raw(statement).await.unwrap().unwrap();
        usize::try_from(row.try_get_by_index::<i64>(0).unwrap()).unwrap()
    }

    /// Asserts that an answer of a flow is as the OpenAPI document describes it, and that its status is the HTTP status.
    fn check(&self, flow: &str, answer: &Answer) -> Value {
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let body = answer.json();
        assert_eq!(body["status"], answer.status, "{body:#}");
        let (validator, union) = match flow {
            "login" => (&self.login, "LoginFlow"),
            "registration" => (&self.registration, "RegistrationFlow"),
            "profile" => (&self.profile, "ProfileFlow"),
            _ => return body,
        };
        if !validator.is_valid(&body) {
            // The schema of the state says more about what is wrong than the union of all states.
            let mapping = &self.document["components"]["schemas"][union]["discriminator"]["mapping"];
            let state = mapping[body["name"].as_str().unwrap()].as_str().unwrap();
            let state = self::validator(&self.document, state);
            let problems: Vec<String> =
                state.iter_errors(&body).map(|error| format!("{error} at {}", error.instance_path())).collect();
            panic!("not as the OpenAPI document describes it: {problems:#?}\n{body:#}");
        }
        body
    }
}

fn validator(document: &Value, reference: &str) -> Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": reference,
        "components": document["components"],
    });
    jsonschema::validator_for(&schema).unwrap()
}

fn laid_over(yaml: &str) -> String {
    let mut config = json!({
        "development": true,
        "email_delivery": { "enabled": true },
        "rate_limiter": { "enabled": false },
        "password": { "hashing": { "memory_kib": 64, "passes": 1 } },
        "audit_log": { "storage": { "enabled": true }, "mask": false },
        "mfa": { "enabled": false },
        "webauthn": { "relying_party": { "id": "localhost", "origins": [ORIGIN] } },
    });
    if !yaml.trim().is_empty() {
        lay_over(&mut config, serde_saphyr::from_str(yaml).unwrap());
    }
    config.to_string()
}

/// The code of six characters in the subject of a mail, if there is one.
pub(crate) fn code_in(kept: &KeptMail) -> Option<String> {
    let is_code = |word: &&str| word.len() == 6 && word.chars().any(|c| c.is_ascii_digit());
    kept.mail.subject.split(|c: char| !c.is_ascii_alphanumeric()).find(is_code).map(str::to_owned)
}

/// What a device can do.
#[derive(Clone, Copy)]
pub(crate) enum Device {
    /// No passkeys.
    Old,
    /// Passkeys, but not while one types a name.
    Passkeys,
    /// Passkeys, also while one types a name.
    Autofill,
    /// Passkeys, but no authenticator of its own.
    NoPlatform,
}

impl Device {
    fn inputs(self) -> Value {
        json!({
            "webauthn_available": !matches!(self, Self::Old),
            "webauthn_conditional_mediation_available": matches!(self, Self::Autofill),
            "webauthn_platform_authenticator_available": matches!(self, Self::Passkeys | Self::Autofill),
        })
    }
}

/// A flow as its client sees it.
pub(crate) struct Flow<'s> {
    site: &'s Site,
    name: String,
    /// The id of the flow.
    pub(crate) id: Uuid,
    /// The header `X-Language`.
    pub(crate) language: Option<&'static str>,
    /// The header `User-Agent`.
    pub(crate) user_agent: Option<&'static str>,
    /// The header `Cookie`.
    pub(crate) cookie: Option<String>,
    /// The token of the session with which the flow is continued; without one it is empty.
    pub(crate) session: String,
    /// The newest answer that the flow can be continued from.
    usable: Value,
    /// The newest answer.
    pub(crate) body: Value,
    /// The same, with its headers.
    pub(crate) answer: Answer,
}

impl Flow<'_> {
    /// Takes an action.
    pub(crate) async fn act(&mut self, action: &str, inputs: Value) -> &mut Self {
        let request = self.request(action, inputs);
        self.answer = Answer::to(request).await;
        self.take_in();
        self
    }

    /// The request for an action, offered or not.
    pub(crate) fn request(&self, action: &str, inputs: Value) -> RequestBuilder {
        self.post(&self.href(action)).json(&json!({ "input_data": inputs, "csrf_token": self.token() }))
    }

    /// A request without body.
    pub(crate) fn post(&self, href: &str) -> RequestBuilder {
        let mut request = self.site.request("POST", href);
        if !self.session.is_empty() {
            request = request.bearer_auth(&self.session);
        }
        let headers =
            [("x-language", self.language), ("user-agent", self.user_agent), ("cookie", self.cookie.as_deref())];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    /// Sends a body as it is for an action; the flow of this client does not notice.
    pub(crate) async fn send_raw(&self, action: &str, content_type: &str, body: String) -> (u16, Value) {
        let mut request = self.post(&self.href(action)).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        self.overhear(request).await
    }

    /// Sends a request; the flow of this client does not notice.
    pub(crate) async fn overhear(&self, request: RequestBuilder) -> (u16, Value) {
        let answer = Answer::to(request).await;
        (answer.status, self.site.check(&self.name, &answer))
    }

    /// Where an action is posted to. An action that is not offered gets the address that it would have.
    pub(crate) fn href(&self, action: &str) -> String {
        match self.usable["actions"][action]["href"].as_str() {
            Some(href) => href.to_owned(),
            None => format!("/{}?action={action}%40{}", self.name, self.id),
        }
    }

    /// The newest token.
    pub(crate) fn token(&self) -> &str {
        self.usable["csrf_token"].as_str().unwrap()
    }

    /// The name of the flow.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The actions of the newest answer that the flow can be continued from.
    pub(crate) fn usable_actions(&self) -> Vec<String> {
        self.usable["actions"].as_object().unwrap().keys().cloned().collect()
    }

    /// Looks at the newest answer that the flow can be continued from again.
    pub(crate) fn look_again(&mut self) {
        self.body = self.usable.clone();
    }

    /// Makes the flow believe that it is where another client of it is.
    pub(crate) fn catch_up(&mut self, body: Value) {
        self.usable = body.clone();
        self.body = body;
    }

    fn take_in(&mut self) {
        self.body = self.site.check(&self.name, &self.answer);
        if self.body["csrf_token"] != "" {
            self.usable = self.body.clone();
        }
    }

    /// The name of the state of the newest answer.
    pub(crate) fn state(&self) -> &str {
        self.body["name"].as_str().unwrap()
    }

    /// The names of the actions that are offered, sorted.
    pub(crate) fn actions(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.body["actions"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether an action is offered.
    pub(crate) fn offers(&self, action: &str) -> bool {
        self.body["actions"].get(action).is_some()
    }

    /// The inputs of an action.
    pub(crate) fn inputs(&self, action: &str) -> &Map<String, Value> {
        self.body["actions"][action]["inputs"].as_object().unwrap_or_else(|| panic!("no {action} in {:#}", self.body))
    }

    /// A member of the payload, null if it is not there.
    pub(crate) fn payload(&self, member: &str) -> &Value {
        &self.body["payload"][member]
    }

    /// Asserts that the newest answer has this status.
    pub(crate) fn reaches(&mut self, status: u16) -> &mut Self {
        assert_eq!(self.answer.status, status, "{:#}", self.body);
        self
    }

    /// Asserts that the newest answer shows this state, without an error.
    pub(crate) fn is(&mut self, state: &str) -> &mut Self {
        assert_eq!((self.answer.status, self.state(), self.body.get("error")), (200, state, None), "{:#}", self.body);
        self
    }

    /// Asserts that the newest answer shows this state with this error.
    pub(crate) fn fails(&mut self, state: &str, status: u16, code: &str) -> &mut Self {
        let found = (self.answer.status, self.state(), self.body["error"]["code"].as_str());
        assert_eq!(found, (status, state, Some(code)), "{:#}", self.body);
        self
    }

    /// Asserts that the newest answer shows this state, with this error on an input of this action.
    pub(crate) fn refuses(&mut self, state: &str, action: &str, input: &str, code: &str) -> &mut Self {
        self.fails(state, 400, "form_data_invalid_error");
        assert_eq!(self.inputs(action)[input]["error"]["code"], code, "{:#}", self.body);
        self
    }

    /// Asserts that the newest answer is a rejection: the flow is where it was.
    pub(crate) fn is_rejected(&mut self, status: u16, code: &str) -> &mut Self {
        self.fails("error", status, code);
        assert_eq!(self.body["csrf_token"], "");
        assert_eq!(self.body["actions"], json!({}));
        assert_eq!(self.body.get("payload"), None);
        self
    }

    /// Says who is signing in.
    pub(crate) async fn identify(&mut self, name: &str) -> &mut Self {
        let inputs = &self.usable["actions"]["continue_with_login_identifier"]["inputs"];
        let input = inputs.as_object().unwrap().keys().next().unwrap().clone();
        self.act("continue_with_login_identifier", json!({ input: name })).await
    }

    /// Enters the code of the newest mail to this address.
    pub(crate) async fn confirm(&mut self, address: &str) -> &mut Self {
        let code = self.site.code_for(address);
        self.act("verify_passcode", json!({ "code": code })).await
    }

    /// Enters a code of an authenticator app.
    pub(crate) async fn enter_otp(&mut self, code: &str) -> &mut Self {
        self.act("otp_code_validate", json!({ "otp_code": code })).await
    }

    /// Creates a passkey: from `onboarding_create_passkey` to what follows.
    pub(crate) async fn create_passkey(&mut self, authenticator: &mut Authenticator) -> &mut Self {
        self.act("webauthn_generate_creation_options", json!({})).await;
        self.is("onboarding_verify_passkey_attestation");
        let credential = authenticator.create(self.payload("creation_options"));
        self.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await
    }

    /// Answers the request options in the payload.
    pub(crate) async fn use_passkey(&mut self, authenticator: &Authenticator) -> &mut Self {
        let assertion = authenticator.get(self.payload("request_options"));
        self.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await
    }
}
