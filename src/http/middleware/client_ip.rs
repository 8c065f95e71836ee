//! Who is at the other end (spec chapter 04 section 3.5, chapter 05 section 2.1): the peer of the connection, or what
//! a trusted proxy says about it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use poem::{
    Addr,
    http::{HeaderMap, HeaderName},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Where the client address is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The connection.
    Connection,
    /// `X-Forwarded-For`, read from right to left.
    ForwardedFor,
    /// `X-Real-IP`.
    RealIp,
}

/// How to find the client address.
#[derive(Debug)]
pub struct ClientIp {
    source: Source,
    trusted: Vec<IpNet>,
}

impl ClientIp {
    /// Only the networks in `trusted` are believed: private and loopback peers earn no trust by themselves, because
    /// then every neighbor could claim any address.
    #[must_use]
    pub fn new(source: Source, trusted: Vec<IpNet>) -> Self {
        Self { source, trusted }
    }

    /// The client's address; 0.0.0.0 for a peer without one (a Unix socket).
    #[must_use]
    pub fn resolve(&self, peer: &Addr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.as_socket_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |addr| addr.ip().to_canonical());
        match self.source {
            Source::Connection => peer,
            Source::ForwardedFor => self.forwarded_for(peer, headers),
            Source::RealIp => self.real_ip(peer, headers),
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The rightmost address that no trusted proxy stands behind; the leftmost when all are trusted.
    fn forwarded_for(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let mut leftmost = peer;
        for line in headers.get_all(X_FORWARDED_FOR).into_iter().rev() {
            for hop in line.to_str().unwrap_or_default().rsplit(',') {
                let Some(address) = parse(hop) else { return peer };
                if !self.trusts(address) {
                    return address;
                }
                leftmost = address;
            }
        }
        leftmost
    }

    fn real_ip(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        headers.get(X_REAL_IP).and_then(|value| parse(value.to_str().ok()?)).unwrap_or(peer)
    }
}

/// An address, perhaps with blanks around it and in brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('[').unwrap_or(text);
    let text = text.strip_suffix(']').unwrap_or(text);
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn resolve(source: Source, trusted: &[&str], peer: &str, headers: &[(HeaderName, &str)]) -> String {
        let client_ip = ClientIp::new(source, trusted.iter().map(|network| network.parse().unwrap()).collect());
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        client_ip.resolve(&Addr::socket(peer.parse().unwrap()), &headers).to_string()
    }

    fn forwarded(trusted: &[&str], peer: &str, value: &str) -> String {
        resolve(Source::ForwardedFor, trusted, peer, &[(X_FORWARDED_FOR, value)])
    }

    /// Covers API-050.
    #[test]
    fn ignores_headers_when_the_connection_decides() {
        let headers = [(X_FORWARDED_FOR, "203.0.113.9"), (X_REAL_IP, "203.0.113.9")];
        assert_eq!(resolve(Source::Connection, &[], "192.0.2.1:1", &headers), "192.0.2.1");
        assert_eq!(resolve(Source::Connection, &[], "[::ffff:192.0.2.1]:1", &[]), "192.0.2.1");
    }

    /// Covers API-051, API-052.
    #[test]
    fn believes_forwarded_for_only_from_a_trusted_proxy() {
        assert_eq!(forwarded(&["192.0.2.0/24"], "192.0.2.1:1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(forwarded(&["192.0.2.0/24"], "198.51.100.1:1", "203.0.113.9"), "198.51.100.1");
    }

    #[test]
    fn trusts_a_private_neighbor_only_when_configured() {
        assert_eq!(forwarded(&["192.0.2.0/24"], "10.0.0.1:1", "203.0.113.9"), "10.0.0.1");
        assert_eq!(forwarded(&["192.0.2.0/24"], "127.0.0.1:1", "203.0.113.9"), "127.0.0.1");
        assert_eq!(forwarded(&["10.0.0.0/8"], "10.0.0.1:1", "203.0.113.9, 192.168.1.1"), "192.168.1.1");
    }

    /// Covers API-053.
    #[test]
    fn takes_the_rightmost_address_that_is_not_a_trusted_proxy() {
        let trusted = ["192.0.2.0/24", "2001:db8:1::/48"];
        assert_eq!(forwarded(&trusted, "192.0.2.1:1", "1.1.1.1, 203.0.113.9, 192.0.2.7"), "203.0.113.9");
        assert_eq!(forwarded(&trusted, "192.0.2.1:1", "192.0.2.9, 192.0.2.8"), "192.0.2.9");
        assert_eq!(forwarded(&trusted, "192.0.2.1:1", "[2001:db8::1], 2001:db8:1::2"), "2001:db8::1");
        let lines = [(X_FORWARDED_FOR, "1.1.1.1"), (X_FORWARDED_FOR, "203.0.113.9, 192.0.2.7")];
        assert_eq!(resolve(Source::ForwardedFor, &trusted, "192.0.2.1:1", &lines[1..]), "203.0.113.9");
    }

    #[test]
    fn falls_back_to_the_peer_when_the_header_is_missing_or_nonsense() {
        let trusted = ["192.0.2.0/24"];
        assert_eq!(forwarded(&trusted, "192.0.2.1:1", "203.0.113.9, unknown"), "192.0.2.1");
        assert_eq!(resolve(Source::ForwardedFor, &trusted, "192.0.2.1:1", &[]), "192.0.2.1");
        assert_eq!(resolve(Source::RealIp, &trusted, "192.0.2.1:1", &[(X_REAL_IP, "nobody")]), "192.0.2.1");
    }

    /// Covers API-054.
    #[test]
    fn believes_the_real_ip_only_from_a_trusted_proxy() {
        let header = [(X_REAL_IP, "[2001:db8::1]")];
        assert_eq!(resolve(Source::RealIp, &["192.0.2.0/24"], "192.0.2.1:1", &header), "2001:db8::1");
        assert_eq!(resolve(Source::RealIp, &["192.0.2.0/24"], "198.51.100.1:1", &header), "198.51.100.1");
    }
}
