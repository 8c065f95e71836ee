//! Section `third_party`: OAuth and OpenID Connect providers to sign in with, and where users may be sent afterwards.
//! Talks to no provider.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    load::Report,
    redirects::{PatternError, Redirects},
};
use crate::secret::Secret;

/// OAuth and OpenID Connect providers to sign in with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ThirdParty {
    /// The callback that is registered at the providers: public base URL of this server and `/thirdparty/callback`.
    /// Required when a provider is enabled.
    pub redirect_url: String,
    /// Where a failed sign-in ends when nothing better is known. Required when a provider is enabled. Allowed as a
    /// return URL without being listed.
    pub error_redirect_url: String,
    /// Has no effect beyond being checked.
    pub default_redirect_url: String,
    /// Return URLs that are allowed, as patterns: `*` stands for any run of characters except `.` and `/`, `**` for any
    /// run, `?` for one character except `.` and `/`, `[a-z]` and `[!a-z]` for one of a set, `{a,b}` for alternatives.
    /// Host and port must match as such: a trailing `**` never crosses into another host. At least one is required when
    /// a provider is enabled.
    pub allowed_redirect_urls: Vec<String>,
    /// Providers that are built in.
    pub providers: Providers,
    /// Further providers, by a name of one's own. The name is lower-cased and gets the prefix `custom_`.
    pub custom_providers: BTreeMap<String, CustomProvider>,
}

/// Providers that are built in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Providers {
    /// Sign in with Apple. The secret is the signed token that the command `siwa` makes.
    pub apple: Provider,
    /// Discord.
    pub discord: Provider,
    /// GitHub.
    pub github: Provider,
    /// Google.
    pub google: Provider,
    /// LinkedIn.
    pub linkedin: Provider,
    /// Microsoft.
    pub microsoft: Provider,
    /// Facebook.
    pub facebook: Provider,
}

/// A built-in provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Provider {
    /// Offer this provider.
    pub enabled: bool,
    /// Client id of this server at the provider; required when enabled.
    pub client_id: String,
    /// Client secret; required when enabled.
    pub secret: Secret<String>,
    /// Link a first sign-in to the existing account with the same email address.
    pub allow_linking: bool,
    /// OAuth parameter `prompt`, such as `login`, `consent` or `select_account`; left out when empty.
    pub prompt: String,
}

/// A provider of one's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CustomProvider {
    /// Offer this provider.
    pub enabled: bool,
    /// Name that users see; required when enabled.
    pub display_name: String,
    /// Client id of this server at the provider; required when enabled.
    pub client_id: String,
    /// Client secret; required when enabled.
    pub secret: Secret<String>,
    /// Scopes to ask for; at least one is required when enabled (`openid` for OpenID Connect).
    pub scopes: Vec<String>,
    /// Read the endpoints from the provider's OpenID Connect discovery document.
    pub use_discovery: bool,
    /// Issuer whose discovery document is read; required with `use_discovery`.
    pub issuer: String,
    /// Authorization endpoint; required without `use_discovery`.
    pub authorization_endpoint: String,
    /// Token endpoint; required without `use_discovery`.
    pub token_endpoint: String,
    /// Userinfo endpoint; required without `use_discovery`.
    pub userinfo_endpoint: String,
    /// Link a first sign-in to the existing account with the same email address.
    pub allow_linking: bool,
    /// OAuth parameter `prompt`; left out when empty.
    pub prompt: String,
    /// OAuth parameter `acr_values`; left out when empty.
    pub acr_values: Vec<String>,
    /// Standard claims and the names under which the provider delivers them, such as `sub: employee_id`.
    pub attribute_mapping: BTreeMap<String, String>,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            enabled: false,
            client_id: String::new(),
            secret: Secret::default(),
            allow_linking: true,
            prompt: String::new(),
        }
    }
}

impl Providers {
    /// The providers with their ids, in the order in which they are checked and listed.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &Provider); 7] {
        [
            ("apple", &self.apple),
            ("discord", &self.discord),
            ("github", &self.github),
            ("google", &self.google),
            ("linkedin", &self.linkedin),
            ("microsoft", &self.microsoft),
            ("facebook", &self.facebook),
        ]
    }
}

impl ThirdParty {
    /// The prefix that keeps ids of custom providers apart from the built-in ones.
    pub const CUSTOM_PREFIX: &'static str = "custom_";

    /// The custom providers by the id that they have in the API and in the database.
    pub fn custom(&self) -> impl Iterator<Item = (String, &CustomProvider)> {
        self.custom_providers.iter().map(|(name, provider)| (format!("{}{name}", Self::CUSTOM_PREFIX), provider))
    }

    /// The return URLs that are allowed: the listed patterns and `error_redirect_url`.
    ///
    /// # Errors
    ///
    /// When an entry is no pattern, which a loaded configuration excludes.
    pub fn redirects(&self) -> Result<Redirects, PatternError> {
        Redirects::compile(self.allowed_redirect_urls.iter().chain([&self.error_redirect_url]))
    }

    fn any_enabled(&self) -> bool {
        self.providers.all().iter().any(|(_, provider)| provider.enabled)
            || self.custom_providers.values().any(|provider| provider.enabled)
    }

    pub(super) fn check(&self, report: &mut Report) {
        report.patterns("third_party.allowed_redirect_urls", &self.allowed_redirect_urls);
        report.patterns("third_party.error_redirect_url", [&self.error_redirect_url]);
        if !self.any_enabled() {
            return;
        }
        for (key, blank) in [
            ("third_party.redirect_url", self.redirect_url.is_empty()),
            ("third_party.error_redirect_url", self.error_redirect_url.is_empty()),
            ("third_party.allowed_redirect_urls", self.allowed_redirect_urls.is_empty()),
        ] {
            if blank {
                report.missing(key, "is required when a provider is enabled");
            }
        }
        let listed = self.allowed_redirect_urls.iter().map(|url| ("third_party.allowed_redirect_urls", url));
        for (key, url) in listed.chain([
            ("third_party.error_redirect_url", &self.error_redirect_url),
            ("third_party.default_redirect_url", &self.default_redirect_url),
        ]) {
            if url.ends_with('/') {
                report.problem(key, url, "must not end with a slash");
            }
        }
        for (id, provider) in self.providers.all() {
            provider.check(&format!("third_party.providers.{id}"), report);
        }
        for (name, provider) in &self.custom_providers {
            provider.check(&format!("third_party.custom_providers.{name}"), report);
        }
    }
}

impl Provider {
    fn check(&self, path: &str, report: &mut Report) {
        if self.enabled {
            require(
                path,
                [("client_id", self.client_id.is_empty()), ("secret", self.secret.expose().is_empty())],
                report,
            );
        }
    }
}

impl CustomProvider {
    fn check(&self, path: &str, report: &mut Report) {
        if !self.enabled {
            return;
        }
        require(
            path,
            [
                ("display_name", self.display_name.is_empty()),
                ("client_id", self.client_id.is_empty()),
                ("secret", self.secret.expose().is_empty()),
                ("scopes", self.scopes.is_empty()),
                ("issuer", self.use_discovery && self.issuer.is_empty()),
                ("authorization_endpoint", !self.use_discovery && self.authorization_endpoint.is_empty()),
                ("token_endpoint", !self.use_discovery && self.token_endpoint.is_empty()),
                ("userinfo_endpoint", !self.use_discovery && self.userinfo_endpoint.is_empty()),
            ],
            report,
        );
    }
}

fn require<const N: usize>(path: &str, members: [(&str, bool); N], report: &mut Report) {
    for (member, absent) in members {
        if absent {
            report.missing(&format!("{path}.{member}"), "is required because the provider is enabled");
        }
    }
}
