//! Usernames: how they are written.

/// A username that is empty or has other characters than ASCII letters, digits and `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("username is invalid")]
pub struct InvalidUsername;

/// The one spelling of a username that is stored and searched for: without surrounding white space, in lower case.
///
/// # Errors
///
/// [`InvalidUsername`].
pub fn normalized(username: &str) -> Result<String, InvalidUsername> {
    let username = username.trim().to_lowercase();
    let valid = !username.is_empty() && username.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if valid { Ok(username) } else { Err(InvalidUsername) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling_for_each_username() {
        assert_eq!(normalized(" Ada_1815 ").as_deref(), Ok("ada_1815"));
        for bad in ["", "  ", "ada lovelace", "ada@example", "jos\u{e9}"] {
            assert_eq!(normalized(bad), Err(InvalidUsername), "{bad:?}");
        }
    }
}
