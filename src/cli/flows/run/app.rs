//! An authenticator app (RFC 6238) for walks in a terminal: takes the secret that a flow shows, and tells codes.

use totp_rs::{Builder, Secret, Totp};

/// Length of a time step in seconds.
const PERIOD: u64 = 30;

/// The app; empty until it saw a secret.
#[derive(Default)]
pub(super) struct App {
    secret: String,
    totp: Option<Totp>,
    /// The time step of the code that was told last: a code is good once.
    told: u64,
}

impl App {
    /// Takes a secret in base32. The one that it has already changes nothing.
    pub(super) fn learn(&mut self, base32: &str) {
        if base32 != self.secret
            && let Ok(secret) = Secret::try_from_base32(base32)
        {
            base32.clone_into(&mut self.secret);
            self.totp = Some(Builder::new().with_secret(secret).build_noncompliant());
            self.told = 0;
        }
    }

    /// A code that is good `now`, in seconds since 1970: the earliest that was not told yet. Servers take the codes of the
    /// time steps before and after the present one too, so that nobody has to wait for the next code.
    pub(super) fn code(&mut self, now: u64) -> Option<String> {
        let (totp, present) = (self.totp.as_ref()?, now / PERIOD);
        self.told = (self.told + 1).clamp(present.saturating_sub(1), present + 1);
        Some(totp.generate(self.told * PERIOD).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six digits.
    #[test]
    fn tells_the_codes_of_the_standard_one_after_the_other() {
        let mut app = App::default();
        assert_eq!(app.code(59), None);
        app.learn("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let codes: Vec<_> = (0..3).map(|_| app.code(89).unwrap()).collect();
        assert_eq!(codes[0], "287082");
        assert!(codes[0] != codes[1] && codes[1] != codes[2]);
        assert_eq!(app.code(1_111_111_139).as_deref(), Some("081804"));
    }
}
