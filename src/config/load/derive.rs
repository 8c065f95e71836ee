//! Values that follow from others (spec chapter 05, section 1.6), and what development mode adds.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    super::{Config, database::Dialect, development, server::host_and_port},
    report::Report,
};

/// Derives what cannot be configured. Returns the file of the generated secret, when one is needed.
pub(super) fn derive(config: &mut Config, has_file: bool, report: &mut Report) -> Option<PathBuf> {
    if config.secret_keys.is_empty() {
        config.secret_keys.clone_from(&config.secrets.keys);
    }
    if !report.explicit("development") {
        config.development = !has_file && !meant_for_production(config, report);
    }
    if config.development {
        develop(config, report);
    } else if config.email_delivery.enabled && !report.explicit("email_delivery.smtp.host") {
        report.missing(
            "email_delivery.smtp.host",
            "is required because email_delivery.enabled is true: name the mail server, or set email_delivery.enabled to \
             false, or development to true to try things out on this machine",
        );
    }
    config.database.resolve(report);
    providers(config, report);
    let endpoint = &mut config.saml.endpoint_url;
    if endpoint.ends_with('/') {
        endpoint.pop();
    }
    let timeouts = &mut config.webauthn.timeouts;
    for timeout in [&mut timeouts.registration, &mut timeouts.login] {
        if *timeout == 0 {
            *timeout = 300_000;
        }
    }
    if config.mfa.device_trust_max_users_per_device == 0 {
        config.mfa.device_trust_max_users_per_device = 20;
    }
    let generated = config.development && config.secret_keys.is_empty();
    generated.then(|| development::secret_file(&config.database))
}

/// Whether something was configured that only a server for others needs.
fn meant_for_production(config: &Config, report: &Report) -> bool {
    !config.secret_keys.is_empty()
        || report.explicit("email_delivery.smtp.host")
        || (names_database(report) && !is_sqlite(config))
}

fn is_sqlite(config: &Config) -> bool {
    let url = config.database.url.trim();
    if url.is_empty() { config.database.dialect == Dialect::Sqlite } else { url.starts_with("sqlite") }
}

/// Whether it was said which database to use. The size of the pool does not say so.
fn names_database(report: &Report) -> bool {
    ["url", "dialect", "database", "host", "port", "user", "password"]
        .iter()
        .any(|member| report.explicit(&format!("database.{member}")))
}

/// The defaults of development mode. What was given explicitly stays.
fn develop(config: &mut Config, report: &Report) {
    if !names_database(report) {
        config.database.use_development_file();
    }
    if !report.explicit("webauthn.relying_party.origins") {
        let own = match host_and_port(&config.server.public.address) {
            Some((_, port)) if port != 80 => format!("http://localhost:{port}"),
            _ => "http://localhost".to_owned(),
        };
        let origins = &mut config.webauthn.relying_party.origins;
        if !origins.contains(&own) {
            origins.push(own);
        }
    }
    if !report.explicit("session.cookie.secure") {
        config.session.cookie.secure = false;
    }
    if !report.explicit("email_delivery.smtp.host") {
        config.email_delivery.smtp.host.clear();
    }
}

/// Names of custom providers are lower-cased.
fn providers(config: &mut Config, report: &mut Report) {
    let mut providers = BTreeMap::new();
    for (name, provider) in std::mem::take(&mut config.third_party.custom_providers) {
        if providers.insert(name.to_lowercase(), provider).is_some() {
            let key = format!("third_party.custom_providers.{name}");
            report.warn(&key, "replaces a provider whose name differs in case only");
        }
    }
    config.third_party.custom_providers = providers;
}
