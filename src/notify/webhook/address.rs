//! Which addresses a hook may call that was registered over HTTP: those of the public internet. Whoever can register a
//! hook must not be able to make this server talk to hosts of its own network.
//!
//! A name is judged by the addresses that it is resolved to for the very connection that is then made to them: a name that
//! is judged first and resolved again later may lead elsewhere the second time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether an address is one of the public internet (IANA special-purpose address registries, RFC 6890).
#[must_use]
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // "This network", shared address space of carriers (RFC 6598), protocol assignments, relays of 6to4 (RFC 7526),
        // benchmarks, and everything from multicast on.
        [0 | 224.., ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Allocated as public, but only Azure answers there: its WireServer gives secrets to the machines of its customers.
        [168, 63, 129, 16] => true,
        [100, second, ..] => second & 0b1100_0000 == 64,
        _ => false,
    };
    !(special || address.is_private() || address.is_loopback() || address.is_link_local() || address.is_documentation())
}

/// Public are the global unicast addresses only, without those that wrap or stand for others. That leaves out loopback,
/// link-local, unique-local, multicast and IPv4-mapped addresses.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Addresses of IPv4 hosts in networks that have IPv6 only (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments such as Teredo (RFC 2928), documentation, 6to4 (RFC 3056), documentation (RFC 9637).
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0b1110_0000_0000_0000 == 0x2000,
    }
}

/// Whether the host of a URL is an address that is not public. Names are judged when they are resolved.
#[must_use]
pub(super) fn is_private_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Resolves names to their public addresses.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no address of the public internet".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_public_addresses_from_all_others() {
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "192.0.1.1",
            "192.88.98.1",
            "168.63.129.17",
            "223.255.255.255",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for public in ["2606:4700::1111", "2a00::1", "2001:200::1", "64:ff9b::101:101", "3fff:1000::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let private = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "168.63.129.16",
            "::ffff:168.63.129.16",
            "64:ff9b::a83f:8110",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for private in private {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn sees_through_every_spelling_of_an_address() {
        for url in ["http://127.1", "http://0x7f000001/x", "http://2130706433", "http://0177.0.0.1", "http://[::1]:80"]
        {
            assert!(is_private_literal(&url.parse().unwrap()), "{url}");
        }
        for url in ["http://1.1.1.1", "http://localhost", "https://example.com"] {
            assert!(!is_private_literal(&url.parse().unwrap()), "{url}");
        }
    }

    #[tokio::test]
    async fn does_not_resolve_a_name_of_this_host() {
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err_and(|error| error.to_string().contains("public internet")));
    }
}
