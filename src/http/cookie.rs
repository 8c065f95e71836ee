//! Writing cookies with their attributes in the one order that the spec shows (chapter 04 section 4.4): Path, Domain,
//! Max-Age, HttpOnly, Secure, SameSite. Knows not what the cookies are for.

use std::{fmt::Write, time::Duration};

use poem::http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::config::SameSite;

/// The values of the cookies of this name that a request carries, in their order.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(found, _)| *found == name).map(|(_, value)| value.trim())
}

/// A cookie for the path `/`.
#[derive(Debug, Clone, Copy)]
pub struct Cookie<'a> {
    /// The name.
    pub name: &'a str,
    /// The value; empty when the cookie is to be deleted.
    pub value: &'a str,
    /// The domain; empty for the host alone. A leading dot has no meaning (RFC 6265 section 5.2.3) and is left out.
    pub domain: &'a str,
    /// How long it lasts; `None` for as long as the browser runs.
    pub max_age: Option<Duration>,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it travels over HTTPS only.
    pub secure: bool,
    /// When other sites' requests carry it; `None` leaves it to the browser.
    pub same_site: Option<SameSite>,
}

impl Cookie<'_> {
    /// The value of a `Set-Cookie` header; `None` when the name, value or domain has characters that none may have.
    #[must_use]
    pub fn to_header(&self) -> Option<HeaderValue> {
        let mut text = format!("{}={}; Path=/", self.name, self.value);
        let domain = self.domain.strip_prefix('.').unwrap_or(self.domain);
        if !domain.is_empty() {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        if let Some(age) = self.max_age {
            let _ = write!(text, "; Max-Age={}", age.as_secs());
        }
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        text.push_str(match self.same_site {
            Some(SameSite::Strict) => "; SameSite=Strict",
            Some(SameSite::Lax) => "; SameSite=Lax",
            Some(SameSite::None) => "; SameSite=None",
            None => "",
        });
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Cookie<'_> = Cookie {
        name: "hanko",
        value: "a.b.c",
        domain: "",
        max_age: None,
        http_only: false,
        secure: false,
        same_site: None,
    };

    fn shown(cookie: Cookie<'_>) -> String {
        cookie.to_header().unwrap().to_str().unwrap().to_owned()
    }

    /// Covers API-103, SESS-20.
    #[test]
    fn writes_the_attributes_in_their_order() {
        let cookie = Cookie {
            domain: ".example.com",
            max_age: Some(Duration::from_millis(43_200_999)),
            http_only: true,
            secure: true,
            same_site: Some(SameSite::Strict),
            ..PLAIN
        };
        let expected = "hanko=a.b.c; Path=/; Domain=example.com; Max-Age=43200; HttpOnly; Secure; SameSite=Strict";
        assert_eq!(shown(cookie), expected);
    }

    /// Covers SESS-21.
    #[test]
    fn leaves_out_what_does_not_apply() {
        assert_eq!(shown(PLAIN), "hanko=a.b.c; Path=/");
        assert_eq!(shown(Cookie { same_site: Some(SameSite::Lax), ..PLAIN }), "hanko=a.b.c; Path=/; SameSite=Lax");
    }

    #[test]
    fn writes_no_header_that_would_break_the_answer() {
        assert!(Cookie { domain: "a\r\nSet-Cookie: b", ..PLAIN }.to_header().is_none());
    }
}
