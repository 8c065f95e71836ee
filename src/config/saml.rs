//! Section `saml`: identity providers that are chosen by the domain of an email address. Knows no XML.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::{
    load::Report,
    redirects::{PatternError, Redirects},
};

/// SAML 2.0 single sign-on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Saml {
    /// Offer SAML sign-in.
    pub enabled: bool,
    /// Public base URL of this server; `/saml/callback` and `/saml/metadata` are below it. Also the entity id. Required
    /// when enabled.
    #[schemars(extend("x-env" = "ENDPOINT"))]
    pub endpoint_url: String,
    /// The audience that assertions must name; required when enabled.
    #[schemars(extend("x-env" = "AUDIENCEURI"))]
    pub audience_uri: String,
    /// Where sign-ins end that began at the identity provider. Allowed as a return URL without being listed.
    #[schemars(extend("x-env" = "DEFAULTREDIRECTURL"))]
    pub default_redirect_url: String,
    /// Return URLs that are allowed, as patterns like those of third_party.allowed_redirect_urls.
    pub allowed_redirect_urls: Vec<String>,
    /// How requests are made and assertions are checked.
    pub options: SamlOptions,
    /// The identity providers. At least one is required when enabled.
    pub identity_providers: Vec<IdentityProvider>,
}

/// How requests are made and assertions are checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SamlOptions {
    /// Sign authentication requests.
    #[schemars(extend("x-env" = "SIGNAUTHNREQUESTS"))]
    pub sign_authn_requests: bool,
    /// Ask for a fresh login (ForceAuthn).
    #[schemars(extend("x-env" = "FORCELOGIN"))]
    pub force_login: bool,
    /// Check the certificate that assertions are encrypted with.
    #[schemars(extend("x-env" = "VALIDATEENCRYPTIONCERTIFICATE"))]
    pub validate_encryption_cert: bool,
    /// Accept assertions without a valid signature. Dangerous: anybody can then sign in as anybody.
    #[schemars(extend("x-env" = "SKIPSIGNATUREVALIDATION"))]
    pub skip_signature_validation: bool,
    /// Accept assertions that lack attributes.
    #[schemars(extend("x-env" = "ALLOWMISSINGATTRIBUTES"))]
    pub allow_missing_attributes: bool,
}

/// An identity provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IdentityProvider {
    /// Use this provider.
    pub enabled: bool,
    /// Name that users see; required when enabled.
    pub name: String,
    /// Domain of the email addresses that sign in here; required when enabled, and unique.
    pub domain: String,
    /// URL of the provider's metadata; required when enabled.
    pub metadata_url: String,
    /// Take addresses as verified whatever the provider says about them.
    pub skip_email_verification: bool,
    /// Names of the attributes that hold the claims of a user.
    pub attribute_map: AttributeMap,
}

macro_rules! attribute_map {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        /// Names of the attributes that hold the claims of a user. A blank name stands for the usual one, if there is one.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        pub struct AttributeMap { $($(#[$attribute])* pub $name: String,)* }

        impl AttributeMap {
            /// The claims and the attribute names given for them, without the blank ones.
            pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($name), self.$name.trim()),)*].into_iter().filter(|(_, name)| !name.is_empty())
            }
        }
    };
}

attribute_map! {
    /// Full name.
    name,
    /// Family name.
    family_name,
    /// Given name.
    given_name,
    /// Middle name.
    middle_name,
    /// Nickname.
    nickname,
    /// Preferred username.
    preferred_username,
    /// URL of the profile page.
    profile,
    /// URL of the picture.
    picture,
    /// URL of the website.
    website,
    /// Gender.
    gender,
    /// Date of birth.
    birthdate,
    /// Time zone.
    zone_info,
    /// Locale.
    locale,
    /// Time of the last change.
    updated_at,
    /// Email address.
    email,
    /// Whether the email address is verified.
    email_verified,
    /// Phone number.
    phone,
    /// Whether the phone number is verified.
    phone_verified,
}

impl Saml {
    /// The return URLs that are allowed: the listed patterns and `default_redirect_url`.
    ///
    /// # Errors
    ///
    /// When an entry is no pattern, which a loaded configuration excludes.
    pub fn redirects(&self) -> Result<Redirects, PatternError> {
        Redirects::compile(self.allowed_redirect_urls.iter().chain([&self.default_redirect_url]))
    }

    pub(super) fn check(&self, report: &mut Report) {
        report.patterns("saml.allowed_redirect_urls", &self.allowed_redirect_urls);
        report.patterns("saml.default_redirect_url", [&self.default_redirect_url]);
        if !self.enabled {
            return;
        }
        for (key, value) in [("saml.endpoint_url", &self.endpoint_url), ("saml.audience_uri", &self.audience_uri)] {
            if value.trim().is_empty() {
                report.missing(key, "is required when saml.enabled is true");
            }
        }
        for (key, url) in
            [("saml.endpoint_url", &self.endpoint_url), ("saml.default_redirect_url", &self.default_redirect_url)]
        {
            if !parses(url) {
                report.problem(key, url, "is not a URL");
            }
        }
        for pattern in &self.allowed_redirect_urls {
            if !is_url_pattern(pattern) {
                report.problem("saml.allowed_redirect_urls", pattern, "is not a URL such as https://example.com/**");
            }
        }
        if self.options.skip_signature_validation {
            report.warn("saml.options.skip_signature_validation", "is on: anybody can sign in as anybody");
        }
        self.check_providers(report);
    }

    fn check_providers(&self, report: &mut Report) {
        if self.identity_providers.is_empty() {
            report.missing("saml.identity_providers", "must hold at least one provider when saml.enabled is true");
        }
        let mut domains = BTreeSet::new();
        for (index, provider) in self.identity_providers.iter().enumerate().filter(|(_, provider)| provider.enabled) {
            let path = format!("saml.identity_providers[{index}]");
            for (member, value) in
                [("domain", &provider.domain), ("name", &provider.name), ("metadata_url", &provider.metadata_url)]
            {
                if value.trim().is_empty() {
                    report.missing(&format!("{path}.{member}"), "is required because the provider is enabled");
                }
            }
            if !parses(&format!("http://{}", provider.domain)) && !provider.domain.trim().is_empty() {
                report.problem(&format!("{path}.domain"), &provider.domain, "is not a domain");
            }
            if !parses(&provider.metadata_url) {
                report.problem(&format!("{path}.metadata_url"), &provider.metadata_url, "is not a URL");
            }
            if !domains.insert(&provider.domain) {
                report.problem(&format!("{path}.domain"), &provider.domain, "is the domain of two enabled providers");
            }
        }
    }
}

/// Whether `text` reads as a URL, absolute or relative.
fn parses(text: &str) -> bool {
    matches!(Url::parse(text), Ok(_) | Err(ParseError::RelativeUrlWithoutBase))
}

/// Whether `pattern` is a URL once its wildcards are taken away.
fn is_url_pattern(pattern: &str) -> bool {
    let Some((scheme, rest)) = pattern.split_once("://") else { return false };
    let rest: String = rest.chars().filter(|c| !"*?[]!{},\\".contains(*c)).collect();
    // What is left of a host of wildcards only is nothing, which is no host.
    Url::parse(&format!("{scheme}://{rest}")).is_ok() || Url::parse(&format!("{scheme}://x{rest}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_attributes_that_were_given() {
        let map = AttributeMap { email: "mail".into(), name: " ".into(), ..AttributeMap::default() };
        assert_eq!(map.given().collect::<Vec<_>>(), [("email", "mail")]);
    }

    #[test]
    fn tells_url_patterns_from_other_text() {
        for good in ["https://example.com/**", "https://*.example.com", "http://localhost:8888**", "https://{a,b}.x/y"]
        {
            assert!(is_url_pattern(good), "{good}");
        }
        for bad in ["example.com", "**", "://x", "https://a b/", "1https://x"] {
            assert!(!is_url_pattern(bad), "{bad}");
        }
    }
}
