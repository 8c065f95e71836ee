//! Section `session`: session tokens, the sessions behind them, and the cookie that carries them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Span, SpanText, load::Report};

/// Sessions and their tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Session {
    /// How long a session lasts: `exp` of the token and age of the cookie.
    #[schemars(with = "SpanText")]
    pub lifespan: Span,
    /// A session ends when it is not used for this long; 0 switches this off.
    #[schemars(with = "SpanText", extend("x-negative" = "refuse"))]
    pub idle_timeout: Span,
    /// How many sessions a user may have; the oldest ends when one more begins.
    #[schemars(range(min = 1))]
    pub limit: u32,
    /// `aud` of session tokens and webhook tokens; empty stands for the relying party id.
    pub audience: Vec<String>,
    /// `iss` of session tokens; left out when empty.
    pub issuer: String,
    /// Send the token in the header `X-Auth-Token` instead of the cookie.
    pub enable_auth_token_header: bool,
    /// Users may end their sessions in the profile.
    #[schemars(extend("x-env" = "ALLOWREVOCATION"))]
    pub allow_revocation: bool,
    /// Show users their sessions in the profile.
    #[schemars(extend("x-env" = "SHOWONPROFILE"))]
    pub show_on_profile: bool,
    /// Store the IP address of the client with the session.
    #[schemars(extend("x-env" = "ACQUIREIPADDRESS"))]
    pub acquire_ip_address: bool,
    /// Store the user agent of the client with the session.
    #[schemars(extend("x-env" = "ACQUIREUSERAGENT"))]
    pub acquire_user_agent: bool,
    /// The session cookie. Its attributes also hold for the cookie of a third-party sign-in under way.
    pub cookie: Cookie,
    /// Additional claims of session tokens.
    pub jwt_template: JwtTemplate,
}

/// The session cookie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cookie {
    /// Name; empty stands for `hanko`.
    pub name: String,
    /// Attribute `Domain`; left out when empty.
    pub domain: String,
    /// Attribute `HttpOnly`: scripts cannot read the cookie.
    pub http_only: bool,
    /// Attribute `Secure`: the cookie travels over HTTPS only. In development mode the default is false.
    pub secure: bool,
    /// Attribute `SameSite`.
    pub same_site: SameSite,
    /// Whether the cookie outlives the browser session.
    pub retention: Retention,
}

/// When a cookie is sent along from other sites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameSite {
    /// Never.
    #[default]
    Strict,
    /// When a link is followed.
    Lax,
    /// Always; browsers demand `secure` with it.
    None,
}

/// Whether a cookie outlives the browser session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// It ends with the browser session.
    Session,
    /// It lasts as long as the session.
    #[default]
    Persistent,
    /// The user decides.
    Prompt,
}

/// Additional claims of session tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JwtTemplate {
    /// Claim names and their values. Texts are templates (`{{ .User.Email.Address }}`), in lists and mappings too; all
    /// other values are copied. The claims that the server sets itself cannot be replaced.
    pub claims: Map<String, Value>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            lifespan: Span::from_hours(12),
            idle_timeout: Span::ZERO,
            limit: 5,
            audience: Vec::new(),
            issuer: String::new(),
            enable_auth_token_header: false,
            allow_revocation: true,
            show_on_profile: true,
            acquire_ip_address: true,
            acquire_user_agent: true,
            cookie: Cookie::default(),
            jwt_template: JwtTemplate::default(),
        }
    }
}

impl Default for Cookie {
    fn default() -> Self {
        Self {
            name: String::new(),
            domain: String::new(),
            http_only: true,
            secure: true,
            same_site: SameSite::Strict,
            retention: Retention::Persistent,
        }
    }
}

impl Cookie {
    /// The name in effect.
    #[must_use]
    pub fn effective_name(&self) -> &str {
        if self.name.is_empty() { "hanko" } else { &self.name }
    }
}

impl Session {
    pub(super) fn check(&self, report: &mut Report) {
        if self.lifespan.is_zero() {
            report.warn("session.lifespan", "is not positive: every session ends at once");
        }
        if self.cookie.same_site == SameSite::None && !self.cookie.secure {
            report.warn("session.cookie.same_site", "is none without session.cookie.secure: browsers drop the cookie");
        }
    }
}
