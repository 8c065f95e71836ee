//! `jwk`: signing keys outside of a database (spec chapter 05 section 6.3). Needs no configuration.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::keys::{PrivateJwk, jwk::JwkError};

/// Make JSON Web Keys.
#[derive(Debug, Args)]
pub struct Jwk {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate a private RSA key of 4096 bits and print it as JSON Web Key
    Create,
}

#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error(transparent)]
    Key(#[from] JwkError),
    #[error("the key cannot be printed: {0}")]
    Output(#[from] io::Error),
}

impl Jwk {
    /// Runs the command; a failure is printed on standard error.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let Command::Create = self.command;
        match create(&mut io::stdout().lock()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // Nothing is left to be told if standard error is closed too.
                let _ = writeln!(io::stderr(), "error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn create(output: &mut impl Write) -> Result<(), CreateError> {
    writeln!(output, "create called")?;
    let jwk = PrivateJwk::generate("key1")?;
    writeln!(output, "{}", jwk.to_json()?.as_str())?;
    Ok(output.flush()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Covers JWK-1, JWK-2.
    #[test]
    fn prints_a_private_key_after_the_line_create_called() {
        let mut output = Vec::new();
        create(&mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        let [first, second] = output.lines().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(first, "create called");
        let jwk: Value = serde_json::from_str(second).unwrap();
        assert_eq!((&jwk["kid"], &jwk["alg"], &jwk["use"]), (&json!("key1"), &json!("RS256"), &json!("sig")));
        let read = PrivateJwk::from_json(second.as_bytes()).unwrap();
        assert_eq!(read.key_pair().unwrap().public_modulus_len(), 512);
    }
}
