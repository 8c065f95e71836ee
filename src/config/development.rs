//! The secret of development mode: generated once, kept beside the database, readable by its owner only.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Database, MINIMUM_SECRET_LENGTH};
use crate::{
    random::{ALPHANUMERIC, Random},
    secret::Secret,
};

const FILE: &str = "sealflow.secret";
const LENGTH: usize = 43;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file can neither be read nor made.
    #[error("cannot keep the generated secret in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no secret of at least 16 bytes: delete it, and with it what it encrypted", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
    },
}

/// Where the generated secret is kept: beside an SQLite file, otherwise in the working directory.
pub(super) fn secret_file(database: &Database) -> PathBuf {
    database.file().and_then(|file| file.parent().map(|parent| parent.join(FILE))).unwrap_or_else(|| FILE.into())
}

/// Reads the secret in `path`, or makes one there that only the owner of the process can read.
///
/// Two processes that start at the same time end up with the same secret.
///
/// # Errors
///
/// When the file can neither be read nor made, or holds something else.
pub fn development_secret(path: &Path, random: &dyn Random) -> Result<Secret<String>, SecretFileError> {
    let failed = |source| SecretFileError::Io { path: path.into(), source };
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            publish(path, &random.text(ALPHANUMERIC, LENGTH), random).map_err(failed)?;
        }
        _ => {}
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let secret = text.trim();
    if secret.len() < MINIMUM_SECRET_LENGTH {
        return Err(SecretFileError::TooShort { path: path.into() });
    }
    Ok(Secret::new(secret.to_owned()))
}

/// Puts a complete file in place, unless somebody else was faster.
fn publish(path: &Path, secret: &str, random: &dyn Random) -> io::Result<()> {
    let draft = path.with_extension(format!("secret.{}", random.text(ALPHANUMERIC, 8)));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written = writeln!(file, "{secret}").and_then(|()| file.sync_all());
    // A link fails when the name is taken, which a rename would not.
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn makes_a_secret_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let first = development_secret(&path, &SeededRandom::new(1)).unwrap();
        let second = development_secret(&path, &SeededRandom::new(2)).unwrap();
        assert_eq!(first.expose(), second.expose());
        assert_eq!(first.expose().len(), LENGTH);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn keeps_the_secret_of_who_was_faster() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        fs::write(&path, "made-by-somebody-else\n").unwrap();
        publish(&path, "mine-came-too-late", &SeededRandom::new(1)).unwrap();
        assert_eq!(development_secret(&path, &SeededRandom::new(1)).unwrap().expose(), "made-by-somebody-else");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn refuses_a_file_without_a_secret_and_a_place_without_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        fs::write(&path, "short\n").unwrap();
        assert!(matches!(development_secret(&path, &SeededRandom::new(1)), Err(SecretFileError::TooShort { .. })));
        let nowhere = directory.path().join("missing").join(FILE);
        assert!(matches!(development_secret(&nowhere, &SeededRandom::new(1)), Err(SecretFileError::Io { .. })));
    }

    #[test]
    fn stands_beside_the_database_file() {
        let database = |url: &str| Database { url: url.into(), ..Database::default() };
        for (url, file) in [
            ("sqlite://sealflow.db?mode=rwc", "sealflow.secret"),
            ("sqlite:///data/x%20y/a.db?mode=rwc", "/data/x y/sealflow.secret"),
            ("sqlite://./a.db", "./sealflow.secret"),
            ("sqlite::memory:", "sealflow.secret"),
            ("postgres://u:p@h:1/d", "sealflow.secret"),
        ] {
            assert_eq!(secret_file(&database(url)), PathBuf::from(file), "{url}");
        }
    }
}
