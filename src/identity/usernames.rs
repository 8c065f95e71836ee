//! What a username looks like (spec chapter 02, section 17.7).

/// Whether `name` can be a username: ASCII letters, digits and underscores, at least one.
#[must_use]
pub fn is_valid(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_letters_digits_and_underscores() {
        for good in ["a", "A_1", "___", "0"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "a-b", "ä", "a b", "a@b", "a\n"] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
