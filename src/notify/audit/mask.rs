//! Makes addresses and usernames unreadable but recognizable to those who know them (spec chapter 06 section 7.4).

/// What hides a text of which nothing may be seen, not even its length.
const HIDDEN: &str = "******";

/// Masks the local part of an address: up to six characters of it keep the first, longer ones the first three. The domain
/// stays. What is no address is hidden altogether.
#[must_use]
pub fn mask_email(address: &str) -> String {
    if address.is_empty() {
        return String::new();
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return HIDDEN.into() };
    let masked = match local.chars().count() {
        0 => HIDDEN.into(),
        1..=6 => format!("{}*****", first(local, 1)),
        length => format!("{}{}", first(local, 3), "*".repeat(length - 3)),
    };
    format!("{masked}@{domain}")
}

/// Masks a username: only its first and its last character stay; of a single character nothing.
#[must_use]
pub fn mask_username(username: &str) -> String {
    let length = username.chars().count();
    let stars = match length {
        0 => return String::new(),
        1 => return "*".into(),
        2 | 3 => 4,
        _ => length - 2,
    };
    let last: String = username.chars().next_back().into_iter().collect();
    format!("{}{}{last}", first(username, 1), "*".repeat(stars))
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers AUD-18.
    #[test]
    fn masks_the_local_part_of_an_address() {
        for (address, masked) in [
            ("", ""),
            ("@example.com", "******@example.com"),
            ("k@example.com", "k*****@example.com"),
            ("kim@example.com", "k*****@example.com"),
            ("sixsix@example.com", "s*****@example.com"),
            ("seven77@example.com", "sev****@example.com"),
            ("penelope@example.com", "pen*****@example.com"),
            ("éèêëēėę@example.com", "éèê****@example.com"),
            ("\"odd@local\"@example.com", "\"od********@example.com"),
        ] {
            assert_eq!(mask_email(address), masked, "{address}");
        }
    }

    #[test]
    fn hides_what_is_no_address() {
        assert_eq!(mask_email("not-an-address"), "******");
    }

    /// Covers AUD-19.
    #[test]
    fn masks_all_of_a_username_but_its_ends() {
        for (username, masked) in [
            ("", ""),
            ("a", "*"),
            ("al", "a****l"),
            ("tom", "t****m"),
            ("anna", "a**a"),
            ("kimberly", "k******y"),
            ("żółw", "ż**w"),
        ] {
            assert_eq!(mask_username(username), masked, "{username}");
        }
    }
}
