//! Names of authenticators by model (AAGUID), the first name of a new credential (spec chapter 02, 17.4.7). They decide
//! nothing.

use std::{collections::HashMap, fs, io, path::Path};

use serde::Deserialize;
use thiserror::Error;
use uuid::Uuid;

/// What is known without a file: models that are in wide use.
const BUILT_IN: &str = include_str!("authenticators.json");

/// The names of authenticators.
#[derive(Debug, Clone, Default)]
pub struct AuthenticatorNames(HashMap<Uuid, String>);

/// Why a file with names was not read.
#[derive(Debug, Error)]
pub enum AuthenticatorNamesError {
    /// It cannot be opened or read.
    #[error("cannot read the file with authenticator names: {0}")]
    File(#[from] io::Error),
    /// It does not map AAGUIDs to objects with a `name`.
    #[error("the file with authenticator names is no JSON object of {{\"<aaguid>\": {{\"name\": …}}}}: {0}")]
    Json(#[from] serde_json::Error),
}

/// The part of an entry that is used; `icon_light` and `icon_dark` are for clients.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    name: String,
}

impl AuthenticatorNames {
    /// The names that come with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).unwrap_or_default()
    }

    /// The names of a file, which replace the built-in ones (`--auth-meta`, spec chapter 05, 5.2).
    ///
    /// # Errors
    /// If the file cannot be read; the program then goes on with [`AuthenticatorNames::default`], without names.
    pub fn from_file(path: &Path) -> Result<Self, AuthenticatorNamesError> {
        Ok(Self::parse(&fs::read_to_string(path)?)?)
    }

    fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let entries: HashMap<String, Entry> = serde_json::from_str(json)?;
        // A key that is no AAGUID names nothing, and an empty name is none; neither spoils the rest of the file.
        let named = entries.into_iter().filter(|(_, entry)| !entry.name.is_empty());
        Ok(Self(named.filter_map(|(key, entry)| Some((key.parse().ok()?, entry.name))).collect()))
    }

    /// The name of the model, if it is known.
    #[must_use]
    pub fn name(&self, aaguid: Uuid) -> Option<&str> {
        self.0.get(&aaguid).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aaguid(text: &str) -> Uuid {
        text.parse().unwrap()
    }

    /// Covers LR-242.
    #[test]
    fn knows_common_authenticators_and_not_the_unknown_one() {
        let names = AuthenticatorNames::built_in();
        assert_eq!(names.name(aaguid("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")), Some("iCloud Keychain"));
        assert_eq!(names.name(aaguid("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")), Some("Google Password Manager"));
        assert_eq!(names.name(Uuid::nil()), None);
    }

    #[test]
    fn spells_every_built_in_aaguid_canonically() {
        let entries: HashMap<String, Entry> = serde_json::from_str(BUILT_IN).unwrap();
        for (key, entry) in &entries {
            assert_eq!(*key, aaguid(key).to_string());
            assert!(!entry.name.is_empty(), "{key}");
        }
        assert_eq!(entries.len(), AuthenticatorNames::built_in().0.len());
    }

    #[test]
    fn a_file_replaces_the_built_in_names() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            file.path(),
            r#"{
                "00000000-0000-0000-0000-0000000000aa": {"name": "Ours", "icon_light": "data:,", "icon_dark": "data:,"},
                "00000000-0000-0000-0000-0000000000bb": {},
                "a comment": {"name": "not an AAGUID"}
            }"#,
        )
        .unwrap();
        let names = AuthenticatorNames::from_file(file.path()).unwrap();
        assert_eq!(names.name(aaguid("00000000-0000-0000-0000-0000000000aa")), Some("Ours"));
        assert_eq!(names.name(aaguid("00000000-0000-0000-0000-0000000000bb")), None);
        assert_eq!(names.name(aaguid("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")), None);
    }

    #[test]
    fn reports_files_that_hold_no_names() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "[]").unwrap();
        assert!(matches!(AuthenticatorNames::from_file(file.path()), Err(AuthenticatorNamesError::Json(_))));
        let missing = AuthenticatorNames::from_file(Path::new("/nonexistent/names.json"));
        assert!(matches!(missing, Err(AuthenticatorNamesError::File(_))));
    }
}
