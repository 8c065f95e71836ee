//! The texts of field validation (spec chapter 04 section 2.7). Several violations make one message.

use crate::http::error::ApiError;

/// The violations of one request, in the order of its fields.
#[derive(Debug, Default)]
pub struct Violations(Vec<String>);

impl Violations {
    /// Notes a violation of `field` unless `holds`; `rule` continues the sentence that `field` begins.
    pub fn check(&mut self, holds: bool, field: &str, rule: &str) {
        if !holds {
            self.0.push(format!("{field} {rule}"));
        }
    }

    /// A value that must be there.
    pub fn required(&mut self, present: bool, field: &str) {
        self.check(present, field, "is a required field");
    }

    /// Fails when there was a violation.
    ///
    /// # Errors
    ///
    /// 400 in the plain style.
    pub fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::bad_request(self.0.join(" and "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers API-021.
    #[test]
    fn joins_violations_in_one_message() {
        let mut violations = Violations::default();
        violations.check(false, "UserID", "must be a valid uuid");
        violations.check(true, "emails", "entries are not unique");
        violations.required(false, "password");
        let error = violations.into_result().unwrap_err();
        assert_eq!(error.to_string(), "UserID must be a valid uuid and password is a required field");
        assert!(Violations::default().into_result().is_ok());
    }
}
