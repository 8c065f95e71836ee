//! Email addresses: which texts are one.

use std::str::FromStr;

/// Whether `text` is an address that mail can be sent to over the internet (RFC 5321 section 4.1.2, with a domain of at
/// least two labels).
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Ok(address) = lettre::Address::from_str(text) else { return false };
    let domain = address.domain();
    domain.rsplit_once('.').is_some_and(|(rest, top)| !rest.is_empty() && top.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_addresses_of_the_internet_only() {
        for good in ["ada@example.org", "o'brien+tag@mail.example.co.uk", "a.b-c_d@xn--bcher-kva.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "x", "@example.org", "ada@", "ada@localhost", "ada@@example.org", "a b@example.org", "ada@.org"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
