//! Section `server`: where the APIs listen and how the address of a client is found. Knows no sockets.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// Listen addresses of the APIs, and how the address of a client is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Server {
    /// The public API: flows, sessions, JSON Web Keys.
    pub public: PublicListener,
    /// The admin API. It has no authentication of its own: keep it off the internet.
    pub admin: Listener,
    /// The management API of multi-tenant installations.
    pub management: Listener,
    /// How the IP address of a client is found, on all APIs.
    pub ip: ClientIp,
}

/// The public API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PublicListener {
    /// Listen address, `host:port`. An empty host stands for all interfaces. Plain HTTP: terminate TLS in front of it.
    pub address: String,
    /// Whether the built-in login page is served at `/`.
    #[schemars(extend("x-sealflow" = true))]
    pub page: Page,
}

/// The admin or the management API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Listener {
    /// Listen address, `host:port`. An empty host stands for all interfaces.
    pub address: String,
}

/// Whether the built-in page is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// Served in development mode only.
    #[default]
    Auto,
    /// Always served.
    On,
    /// Never served.
    Off,
}

/// How the IP address of a client is found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClientIp {
    /// Where the address is taken from.
    pub extractor: IpExtractor,
    /// Networks (CIDR) whose forwarding header is believed. Only these: private and loopback networks are not trusted
    /// by themselves. Required for the two header extractors, ignored for `direct`.
    #[schemars(extend("x-env" = "TRUSTEDPROXIES"))]
    pub trusted_proxies: Vec<String>,
}

/// Where the IP address of a client is taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-empty" = "direct"))]
pub enum IpExtractor {
    /// The peer of the connection; headers are ignored.
    #[default]
    Direct,
    /// The rightmost address of `X-Forwarded-For` that is not a trusted proxy.
    XForwardedFor,
    /// The header `X-Real-IP`, when the peer is a trusted proxy.
    XRealIp,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            public: PublicListener::default(),
            admin: Listener { address: ":8001".into() },
            management: Listener { address: ":8002".into() },
            ip: ClientIp::default(),
        }
    }
}

impl Default for PublicListener {
    fn default() -> Self {
        Self { address: ":8000".into(), page: Page::Auto }
    }
}

impl ClientIp {
    /// The networks of `trusted_proxies`. Entries that are no network are left out; a loaded configuration has none
    /// unless the extractor is `direct`, which asks nobody for trust.
    #[must_use]
    pub fn trusted_networks(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

/// Splits `host:port`. The host may be empty (all interfaces) or an IPv6 address in brackets, which are removed.
#[must_use]
pub fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok()?;
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').map(|host| (host, port)),
        None => (!host.contains(':')).then_some((host, port)),
    }
}

impl Server {
    pub(super) fn check(&self, report: &mut Report) {
        for (key, address, used) in [
            ("server.public.address", &self.public.address, true),
            ("server.admin.address", &self.admin.address, true),
            // Blank is refused on the other release lines too; its form matters only to who listens on it.
            ("server.management.address", &self.management.address, false),
        ] {
            if address.trim().is_empty() {
                report.problem(key, address, "must not be blank");
            } else if used && host_and_port(address).is_none() {
                report.problem(key, address, "is not of the form host:port");
            }
        }
        self.ip.check(report);
    }
}

impl ClientIp {
    fn check(&self, report: &mut Report) {
        const KEY: &str = "server.ip.trusted_proxies";
        if self.extractor == IpExtractor::Direct {
            return;
        }
        if self.trusted_proxies.is_empty() {
            report.missing(KEY, "must name at least one network when server.ip.extractor reads a header");
        }
        for network in &self.trusted_proxies {
            if network.parse::<IpNet>().is_err() {
                report.problem(KEY, network, "is not a network in CIDR notation such as 10.0.0.0/8");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_listen_addresses() {
        assert_eq!(host_and_port(":8000"), Some(("", 8000)));
        assert_eq!(host_and_port("127.0.0.1:80"), Some(("127.0.0.1", 80)));
        assert_eq!(host_and_port("[::1]:80"), Some(("::1", 80)));
        for bad in ["8000", "host:", "host:http", "::1:80", "host:70000", "[::1:80"] {
            assert_eq!(host_and_port(bad), None, "{bad}");
        }
    }
}
