//! The origins on which ceremonies may run: web origins and the signing keys of Android apps.

use url::Url;

use super::error::RelyingPartyError;

/// What the origin of an Android app begins with; the base64url SHA-256 of its signing certificate follows.
const ANDROID: &str = "android:apk-key-hash:";

/// The allowed origins, in canonical form.
#[derive(Debug, Clone)]
pub(super) struct Origins(Vec<String>);

impl Origins {
    /// Reads the entries of `webauthn.relying_party.origins`.
    pub(super) fn new(configured: &[String]) -> Result<Self, RelyingPartyError> {
        if configured.is_empty() {
            return Err(RelyingPartyError::Origins);
        }
        configured
            .iter()
            .map(|origin| canonical(origin).ok_or_else(|| RelyingPartyError::Origin(origin.clone())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a page or an app of this origin may run a ceremony.
    pub(super) fn allow(&self, origin: &str) -> bool {
        canonical(origin).is_some_and(|origin| self.0.contains(&origin))
    }

    /// The origins as URLs.
    pub(super) fn urls(&self) -> Vec<Url> {
        self.0.iter().filter_map(|origin| Url::parse(origin).ok()).collect()
    }
}

/// `scheme://host[:port]` in lower case without the scheme's own port; the origin of an Android app as it is, because
/// base64url has both cases. `None` for what is neither.
fn canonical(origin: &str) -> Option<String> {
    if origin.starts_with(ANDROID) {
        return Some(origin.to_owned());
    }
    let url = Url::parse(origin).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck";

    fn origins(configured: &[&str]) -> Origins {
        let configured: Vec<String> = configured.iter().map(ToString::to_string).collect();
        Origins::new(&configured).unwrap()
    }

    #[test]
    fn allows_exactly_the_configured_web_origins() {
        let origins = origins(&["https://Login.Example.com", "http://localhost:8888", "https://example.com:8443/"]);
        for allowed in [
            "https://login.example.com",
            "HTTPS://LOGIN.EXAMPLE.COM",
            "https://login.example.com:443",
            "http://localhost:8888",
            "https://example.com:8443",
        ] {
            assert!(origins.allow(allowed), "{allowed}");
        }
        for refused in [
            "http://login.example.com",
            "https://example.com",
            "https://a.login.example.com",
            "https://login.example.com:8443",
            "https://login.example.com@evil.example",
            "https://login.example.com.evil.example",
            "http://localhost",
            "http://localhost:8889",
            "null",
            "",
        ] {
            assert!(!origins.allow(refused), "{refused}");
        }
    }

    /// Covers LR-396.
    #[test]
    fn allows_android_apps_by_their_literal_key_hash() {
        let origins = origins(&[HASH]);
        assert!(origins.allow(HASH));
        assert!(!origins.allow(&HASH.to_lowercase()));
        assert!(!origins.allow("android:apk-key-hash:"));
        assert!(!origins.allow("https://example.com"));
    }

    #[test]
    fn refuses_entries_that_no_client_can_send() {
        for entry in ["", "example.com", "localhost:8888", "https://", "file:///tmp"] {
            assert_eq!(
                Origins::new(&[entry.to_owned()]).map(|_| ()),
                Err(RelyingPartyError::Origin(entry.to_owned())),
                "{entry}"
            );
        }
        assert_eq!(Origins::new(&[]).map(|_| ()), Err(RelyingPartyError::Origins));
    }
}
