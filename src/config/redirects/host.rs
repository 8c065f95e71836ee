//! The boundary around a pattern's host (spec chapter 07, section 5.3): whatever the glob says about the text, scheme,
//! host and port of the URL must be those that the pattern shows.

use url::{Host, Url};

use super::glob::{Glob, PatternError};

/// What scheme, host and port of a URL must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Boundary {
    /// No web URL fits.
    Nothing,
    /// These.
    Web { scheme: String, host: HostRule, port: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostRule {
    Exactly(String),
    Matching(Glob),
}

impl Boundary {
    /// Reads the boundary off a pattern whose alternatives have been spelled out.
    pub(super) fn of(pattern: &str) -> Result<Self, PatternError> {
        let Some((scheme, rest)) = pattern.split_once("://") else { return Ok(Self::Nothing) };
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_port(authority);
        if !super::WEB.contains(&scheme.as_str()) || host.is_empty() {
            return Ok(Self::Nothing);
        }
        let port = port.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
        Ok(HostRule::of(&normal(host))?.map_or(Self::Nothing, |host| Self::Web { scheme, host, port }))
    }

    /// Whether `parsed`, which was read from `text`, lies within.
    pub(super) fn holds(&self, text: &str, parsed: &Url) -> bool {
        let Self::Web { scheme, host, port } = self else { return false };
        // The URL library forgives `https:///x` and drops default ports, so the authority is read from the text.
        let Some((_, rest)) = text.split_once("://") else { return false };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (_, explicit_port) = split_port(authority.rsplit('@').next().unwrap_or_default());
        !authority.is_empty()
            && parsed.scheme() == scheme
            && parsed.host_str().is_some_and(|visited| host.holds(&normal(visited)))
            && (port.is_empty() || explicit_port == port)
    }
}

impl HostRule {
    /// `None`: no host fits.
    fn of(host: &str) -> Result<Option<Self>, PatternError> {
        const WILDCARDS: [char; 3] = ['*', '?', '['];
        // An IPv6 address is written in brackets and has no wildcards.
        if host.starts_with('[') || !host.contains(WILDCARDS) {
            let literal = Host::parse(host).map_or_else(|_| host.to_owned(), |host| host.to_string());
            return Ok((!literal.is_empty()).then_some(Self::Exactly(literal)));
        }
        match host.rfind("**") {
            Some(at) if at + 2 == host.len() => Self::of(host[..at].trim_end_matches('*')),
            Some(at) if host[at + 2..].contains(WILDCARDS) => {
                let literal = host.split(WILDCARDS).next().unwrap_or_default();
                Ok((!literal.is_empty()).then(|| Self::Exactly(literal.to_owned())))
            }
            _ => Ok(Some(Self::Matching(Glob::compile(host, &['.'])?))),
        }
    }

    fn holds(&self, visited: &str) -> bool {
        match self {
            Self::Exactly(host) => host == visited,
            Self::Matching(glob) => glob.matches(visited),
        }
    }
}

/// Splits an authority without user information at its port. The brackets of an IPv6 address stay with the host.
fn split_port(authority: &str) -> (&str, &str) {
    if authority.starts_with('[')
        && let Some(end) = authority.find(']')
    {
        return (&authority[..=end], authority[end + 1..].strip_prefix(':').unwrap_or_default());
    }
    authority.rsplit_once(':').unwrap_or((authority, ""))
}

/// Hosts are compared in lower case and without the dot of the root.
fn normal(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    host.strip_suffix('.').map(str::to_owned).unwrap_or(host)
}
