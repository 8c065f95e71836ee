//! `jwt` (spec chapter 05 section 6.4).

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use chrono::DateTime;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Failure, Global, load, logging, runtime};
use crate::{
    app::{App, Parts, Tenant},
    config::Config,
    http::uuids,
    identity::{account::Account, sessions::Beginning},
    timestamp::Timestamp,
};

/// Make session tokens.
#[derive(Debug, Args)]
pub struct Jwt {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a session for a user and print its token.
    ///
    /// For scripts and tests. The session counts like any other, but `session.limit` does not hold it back.
    Create(Create),
}

#[derive(Debug, Args)]
struct Create {
    /// The user's id.
    #[arg(value_parser = user_id)]
    user_id: Uuid,
    /// Print the claims as well; `--pretty=false` prints the token only.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true",
          value_name = "BOOL", action = clap::ArgAction::Set)]
    pretty: bool,
    /// The user's tenant. Without multi-tenancy it does not matter.
    #[arg(long = "tenant_id", value_name = "ID")]
    tenant_id: Option<String>,
}

fn user_id(text: &str) -> Result<Uuid, &'static str> {
    uuids::lenient(text).ok_or("it is not a UUID")
}

impl Jwt {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let Command::Create(create) = self.command;
        logging::start();
        let config = load(global)?;
        let (token, claims) = runtime()?.block_on(token(config, create.user_id))?;
        let mut out = io::stdout().lock();
        writeln!(out, "Token: {token}")?;
        if create.pretty {
            writeln!(out, "JWT payload: {}", payload(claims)?)?;
        }
        Ok(out.flush()?)
    }
}

async fn token(config: Config, user_id: Uuid) -> Result<(String, Map<String, Value>), Failure> {
    let parts = Parts { works_in_background: false, ..Parts::default() };
    let app = Box::pin(App::start(config, parts)).await?;
    let made = Box::pin(begin(app.tenant(), user_id)).await;
    app.stop().await;
    made
}

async fn begin(tenant: &Tenant, user_id: Uuid) -> Result<(String, Map<String, Value>), Failure> {
    let mut unit = tenant.unit();
    let Some(account) = Account::load(&unit, user_id).await? else {
        return Err(format!("there is no user with the id {user_id}").into());
    };
    let issued = tenant.sessions().begin(&mut unit, &account, Beginning::default()).await?;
    unit.commit().await?;
    let claims = tenant.keys.verify(&issued.token).await?;
    Ok((issued.token, claims))
}

/// The claims for people: sorted, and with times that can be read.
fn payload(claims: Map<String, Value>) -> serde_json::Result<String> {
    let claims: BTreeMap<_, _> = claims.into_iter().map(|(name, value)| shown(name, value)).collect();
    serde_json::to_string_pretty(&claims)
}

fn shown(name: String, value: Value) -> (String, Value) {
    let date = matches!(name.as_str(), "exp" | "iat" | "nbf").then(|| value.as_i64()).flatten();
    match date.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        Some(time) => (name, Timestamp(time).to_string().into()),
        None => (name, value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shows_the_claims_sorted_and_with_readable_times() {
        let Value::Object(claims) = json!({"sub": "a", "iat": 1_893_456_000, "exp": 1_893_499_200, "aud": ["b"]})
        else {
            panic!("an object");
        };
        let expected = "{\n  \"aud\": [\n    \"b\"\n  ],\n  \"exp\": \"2030-01-01T12:00:00Z\",\n  \
                        \"iat\": \"2030-01-01T00:00:00Z\",\n  \"sub\": \"a\"\n}";
        assert_eq!(payload(claims).unwrap(), expected);
    }

    /// Covers JWT-1.
    #[test]
    fn accepts_every_spelling_of_a_user_id() {
        assert!(user_id("7B6F9F52-6C2E-4AD0-9C5E-0A2F6F6B6A10").is_ok());
        assert!(user_id("{7b6f9f526c2e4ad09c5e0a2f6f6b6a10}").is_ok());
        assert!(user_id("ada").is_err());
    }
}
