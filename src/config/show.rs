//! Printing a configuration: the tenant part in the form of spec chapter 05, section 6.6, and everything as YAML.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{
    Config, database,
    keys::{Key, Kind, keys},
};
use crate::secret::Secret;

/// The defaults of the tenant part, in the order of its members. A null stands for a list or mapping without entries.
static ORDER: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("show.json")).unwrap_or_default());

/// The members of a custom provider, in order.
const CUSTOM_PROVIDER: [&str; 14] = [
    "acr_values",
    "allow_linking",
    "attribute_mapping",
    "authorization_endpoint",
    "issuer",
    "client_id",
    "display_name",
    "enabled",
    "prompt",
    "scopes",
    "secret",
    "token_endpoint",
    "use_discovery",
    "userinfo_endpoint",
];

/// The tenant part of the configuration as one line of compact JSON, with its secrets. Keys that only this server knows
/// are added where they differ from their defaults.
#[must_use]
pub fn show(config: &Config) -> String {
    let mut values = serde_json::to_value(config).unwrap_or_default();
    values["mfa"]["device_trust_duration"] = json!(config.mfa.device_trust_duration.nanoseconds());
    for hook in entries(&mut values["webhooks"]["hooks"]) {
        hook["events"] = null_if_empty(hook["events"].take());
    }
    for provider in entries(&mut values["saml"]["identity_providers"]) {
        if let Some(map) = provider["attribute_map"].as_object_mut() {
            map.retain(|_, name| name != "");
        }
    }
    if let Some(providers) = values["third_party"]["custom_providers"].as_object_mut() {
        for provider in providers.values_mut() {
            let members = CUSTOM_PROVIDER.map(|name| (name.to_owned(), null_if_empty(provider[name].take())));
            *provider = Value::Object(members.into_iter().collect());
        }
    }
    let mut shown = arrange(&ORDER, values);
    add_own(&mut shown, config);
    // Safe to embed in HTML; these characters occur within texts only.
    shown.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn entries(list: &mut Value) -> impl Iterator<Item = &mut Value> {
    list.as_array_mut().into_iter().flatten()
}

/// Puts the members of `values` into the order of `order`, and leaves out those that it does not have.
fn arrange(order: &Value, mut values: Value) -> Value {
    match order {
        Value::Object(members) => {
            let members = members.iter().map(|(name, order)| (name.clone(), arrange(order, values[name].take())));
            Value::Object(members.collect())
        }
        Value::Null => null_if_empty(values),
        _ => values,
    }
}

fn null_if_empty(value: Value) -> Value {
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if empty { Value::Null } else { value }
}

/// Adds this server's own keys of sections that are shown, where they differ from their defaults.
fn add_own(shown: &mut Value, config: &Config) {
    let given = serde_json::to_value(config).unwrap_or_default();
    let default = serde_json::to_value(Config::default()).unwrap_or_default();
    let mut waiting: Vec<&Key> = keys().members().iter().collect();
    while let Some(key) = waiting.pop() {
        if !key.own {
            waiting.extend(key.members());
            continue;
        }
        let pointer = format!("/{}", key.path.replace('.', "/"));
        let value = given.pointer(&pointer);
        let section = pointer.rsplit_once('/').map_or("", |(section, _)| section);
        // The top level is the tenant's; what this server adds there belongs to the process.
        if value != default.pointer(&pointer)
            && !section.is_empty()
            && let Some(Value::Object(members)) = shown.pointer_mut(section)
        {
            members.insert(key.name.clone(), value.cloned().unwrap_or_default());
        }
    }
}

/// The whole configuration as YAML, without its secrets.
#[must_use]
pub fn show_effective(config: &Config) -> String {
    let mut values = serde_json::to_value(config).unwrap_or_default();
    mask(&mut values, keys());
    values["database"]["url"] = json!(database::redacted(&config.database.url));
    serde_saphyr::to_string(&values).unwrap_or_default()
}

fn mask(value: &mut Value, key: &Key) {
    match (value, &key.kind) {
        (Value::Object(values), Kind::Section(members)) => {
            for member in members {
                if let Some(value) = values.get_mut(&member.name) {
                    mask(value, member);
                }
            }
        }
        (Value::Object(values), Kind::Named(entry)) => values.values_mut().for_each(|value| mask(value, entry)),
        (Value::Array(values), Kind::Entries(entry)) => values.iter_mut().for_each(|value| mask(value, entry)),
        (Value::Array(values), _) if key.secret => values.fill(json!(Secret::new(()).to_string())),
        (Value::String(text), _) if key.secret && !text.is_empty() => *text = Secret::new(()).to_string(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CustomProvider, Hook, IdentityProvider, Span, Tls};

    /// Covers SHOW-1, SHOW-2, SHOW-3, SHOW-4.
    #[test]
    fn prints_the_defaults_as_the_specification_does() {
        let shown = show(&Config::default());
        assert!(!shown.contains('\n'));
        assert_eq!(shown, ORDER.to_string());
        assert!(shown.starts_with("{\"account\":{\"allow_deletion\":false,\"allow_signup\":true},\"email\":{"));
        assert!(shown.contains("\"device_trust_duration\":2592000000000000"));
        for absent in ["\"database\"", "\"server\"", "\"secret_keys\"", "hashing", "tls", "development"] {
            assert!(!shown.contains(absent), "{absent}");
        }
    }

    #[test]
    fn prints_entries_in_their_order_and_nothing_for_what_is_not_given() {
        let mut config = Config::default();
        config.service.name = "A <b> & c".into();
        config.webhooks.hooks = vec![Hook { callback: "http://h".into(), events: Vec::new() }];
        let mut idp = IdentityProvider { enabled: true, domain: "d".into(), ..IdentityProvider::default() };
        idp.attribute_map.email = "mail".into();
        config.saml.identity_providers = vec![idp];
        let corp = CustomProvider { scopes: vec!["openid".into()], ..CustomProvider::default() };
        config.third_party.custom_providers.insert("corp".into(), corp);
        config.cors.allow_origins = Vec::new();
        config.session.jwt_template.claims.insert("a.b".into(), json!([[], {}]));
        config.mfa.device_trust_duration = Span::from_secs(1);
        let shown = show(&config);
        for part in [
            r#""name":"A \u003cb\u003e \u0026 c""#,
            r#""hooks":[{"callback":"http://h","events":null}]"#,
            r#""identity_providers":[{"enabled":true,"name":"","domain":"d","metadata_url":"","skip_email_verification":false,"attribute_map":{"email":"mail"}}]"#,
            r#""corp":{"acr_values":null,"allow_linking":false,"attribute_mapping":null,"authorization_endpoint":"","issuer":"","client_id":"","display_name":"","enabled":false,"prompt":"","scopes":["openid"],"secret":"","token_endpoint":"","use_discovery":false,"userinfo_endpoint":""}"#,
            r#""allow_origins":[]"#,
            r#""claims":{"a.b":[[],{}]}"#,
            r#""device_trust_duration":1000000000"#,
        ] {
            assert!(shown.contains(part), "{part} {shown}");
        }
    }

    #[test]
    fn adds_own_keys_of_the_tenant_when_they_differ() {
        let mut config = Config { development: true, ..Config::default() };
        config.email_delivery.smtp.tls = Tls::Plain;
        config.password.hashing.passes = 3;
        let shown = show(&config);
        assert!(shown.contains(r#""password":"","tls":"plain"}"#), "{shown}");
        assert!(shown.contains(r#""hashing":{"memory_kib":19456,"passes":3,"lanes":1,"concurrency":0}"#), "{shown}");
        assert!(!shown.contains("development"));
    }

    #[test]
    fn masks_secrets_in_yaml() {
        let secret_keys = vec![Secret::new("hunter2-hunter2-hunter2".into())];
        let mut config = Config { secret_keys: secret_keys.clone(), ..Config::default() };
        config.secrets.keys = secret_keys;
        config.email_delivery.smtp.password = Secret::new("hunter2".into());
        config.database.url = "postgres://app:hunter2@db/auth?sslkey=hunter2".into();
        let corp = CustomProvider { secret: Secret::new("hunter2".into()), ..CustomProvider::default() };
        config.third_party.custom_providers.insert("corp".into(), corp);
        let shown = show_effective(&config);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://app:***@db/auth"), "{shown}");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
