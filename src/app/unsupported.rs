//! What a configuration can ask for that this version does not do. What would make the server something else than it is
//! configured to be is refused; what is merely missing is said loudly.

use crate::config::{Config, KeyManagementType};

/// The settings that cannot be honoured and without which the server would not be what was asked for.
pub(super) fn refused(config: &Config) -> Option<&'static str> {
    let asked = [
        (config.multi_tenancy.enabled, "multi_tenancy.enabled: this version serves one tenant"),
        (
            config.secrets.key_management.kind == KeyManagementType::AwsKms,
            "secrets.key_management.type: this version keeps keys in its database (`local`) only",
        ),
    ];
    asked.into_iter().find(|(asked, _)| *asked).map(|(_, text)| text)
}

/// The settings that have no effect in this version.
pub(super) fn without_effect(config: &Config) -> Vec<&'static str> {
    let third_parties = config.third_party.providers.all().iter().any(|(_, provider)| provider.enabled)
        || !config.third_party.custom_providers.is_empty();
    let asked = [
        (third_parties, "third_party: nobody can sign in with a third party"),
        (config.saml.enabled, "saml: nobody can sign in with SAML"),
    ];
    asked.into_iter().filter(|(asked, _)| *asked).map(|(_, text)| text).collect()
}
