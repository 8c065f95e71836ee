//! Authentication method references: the values of the claim `amr` (RFC 8176; spec chapter 06 section 3.3). Knows no
//! flow; it orders what a flow found out.

/// A way in which the user proved who they are, or a credential that they enrolled.
///
/// The variants stand in the order in which a registration lists them: what was used before what was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthenticationMethod {
    /// A passcode sent by mail.
    Passcode,
    /// A sign-in at another provider, with its id if that is known.
    ThirdParty(Option<String>),
    /// A password.
    Password,
    /// A passkey.
    Passkey,
    /// A time-based one-time password.
    Totp,
    /// A security key as second factor.
    SecurityKey,
}

impl AuthenticationMethod {
    /// The value in the claim.
    #[must_use]
    pub fn reference(&self) -> String {
        match self {
            Self::Passcode => "otp".to_owned(),
            Self::ThirdParty(Some(provider)) => format!("ext:{provider}"),
            Self::ThirdParty(None) => "ext".to_owned(),
            Self::Password => "pwd".to_owned(),
            Self::Passkey => "passkey".to_owned(),
            Self::Totp => "totp".to_owned(),
            Self::SecurityKey => "security_key".to_owned(),
        }
    }
}

/// The claim after a login or a token exchange: the first factor, then the second.
#[must_use]
pub fn of_login(first: Option<AuthenticationMethod>, second: Option<AuthenticationMethod>) -> Vec<String> {
    first.iter().chain(&second).map(AuthenticationMethod::reference).collect()
}

/// The claim after a registration, whatever the order of `methods`.
#[must_use]
pub fn of_registration(mut methods: Vec<AuthenticationMethod>) -> Vec<String> {
    methods.sort();
    methods.dedup();
    methods.iter().map(AuthenticationMethod::reference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers SESS-7.
    #[test]
    fn a_login_lists_the_first_factor_and_then_the_second() {
        use AuthenticationMethod::*;
        let google = || Some(ThirdParty(Some("google".to_owned())));
        assert_eq!(of_login(Some(Password), Some(Totp)), ["pwd", "totp"]);
        assert_eq!(of_login(Some(Passcode), Some(SecurityKey)), ["otp", "security_key"]);
        assert_eq!(of_login(Some(Passkey), None), ["passkey"]);
        assert_eq!(of_login(google(), None), ["ext:google"]);
        assert_eq!(of_login(Some(ThirdParty(None)), None), ["ext"]);
        assert_eq!(of_login(None, None), [""; 0]);
    }

    /// Covers SESS-8.
    #[test]
    fn a_registration_lists_what_was_used_before_what_was_enrolled() {
        use AuthenticationMethod::*;
        let methods = vec![SecurityKey, Totp, Passkey, Password, Passcode, ThirdParty(Some("apple".to_owned())), Totp];
        assert_eq!(of_registration(methods), ["otp", "ext:apple", "pwd", "passkey", "totp", "security_key"]);
    }
}
