//! Section `database`: which database, and the URL that its parts add up to. Opens no connection.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Span, load::Report};
use crate::secret::Secret;

/// The database: SQLite, PostgreSQL or MySQL/MariaDB.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Database {
    /// Connection URL, `dialect://user:password@host:port/database?options` or `sqlite://path/to/file.db`. It replaces
    /// dialect, database, host, port, user and password, from which it is otherwise made. In development mode the
    /// default is `sqlite://sealflow.db` in the working directory.
    #[schemars(extend("writeOnly" = true))]
    pub url: String,
    /// Database system.
    pub dialect: Dialect,
    /// Name of the database; for `sqlite`, the path of its file.
    pub database: String,
    /// Host name.
    pub host: String,
    /// Port.
    #[schemars(extend("type" = ["string", "integer"]))]
    pub port: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret<String>,
    /// Largest number of open connections; 0 stands for no limit.
    pub pool: u32,
    /// Number of connections that are kept open while unused; 0 stands for the default of the driver.
    #[schemars(extend("x-env" = "IDLEPOOL"))]
    pub idle_pool: u32,
    /// Close a connection that was idle for longer; 0 stands for no limit.
    #[schemars(extend("x-env" = "CONNMAXIDLETIME"))]
    pub conn_max_idletime: Span,
    /// Close a connection that is older; 0 stands for no limit.
    #[schemars(extend("x-env" = "CONNMAXLIFETIME"))]
    pub conn_max_lifetime: Span,
}

/// A database system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PostgreSQL.
    #[default]
    Postgres,
    /// CockroachDB, reached as PostgreSQL.
    Cockroach,
    /// MySQL.
    Mysql,
    /// MariaDB, reached as MySQL.
    Mariadb,
    /// SQLite, a file.
    Sqlite,
}

/// The database of development mode, in the working directory.
const DEVELOPMENT_FILE: &str = "sealflow.db";

impl Default for Database {
    fn default() -> Self {
        Self {
            url: String::new(),
            dialect: Dialect::Postgres,
            database: "hanko".into(),
            host: "localhost".into(),
            port: "5432".into(),
            user: "hanko".into(),
            password: Secret::new("hanko".into()),
            pool: 5,
            idle_pool: 0,
            conn_max_idletime: Span::from_secs(300),
            conn_max_lifetime: Span::from_hours(1),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &redacted(&self.url))
            .field("dialect", &self.dialect)
            .field("database", &self.database)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("pool", &self.pool)
            .field("idle_pool", &self.idle_pool)
            .field("conn_max_idletime", &self.conn_max_idletime)
            .field("conn_max_lifetime", &self.conn_max_lifetime)
            .finish_non_exhaustive()
    }
}

/// The URL without what may be secret in it: password and options.
pub(super) fn redacted(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) => {
            if parsed.password().is_some() && parsed.set_password(Some("***")).is_err() {
                return "***".into();
            }
            parsed.set_query(None);
            parsed.to_string()
        }
        Err(_) if url.is_empty() => String::new(),
        Err(_) => "***".into(),
    }
}

impl Database {
    /// The file of an SQLite database, from the effective URL; `None` for the other systems and for a database in memory.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        let rest = self.url.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
        (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(percent_decoded(path)))
    }

    /// Sets the URL that is used when nothing is said about the database and only this machine is served.
    pub(super) fn use_development_file(&mut self) {
        self.dialect = Dialect::Sqlite;
        self.database = DEVELOPMENT_FILE.into();
    }

    /// Replaces `url` by the effective one, in the spelling of the driver: `sqlite://`, `postgres://` or `mysql://`.
    pub(super) fn resolve(&mut self, report: &mut Report) {
        let url = if self.url.trim().is_empty() { self.composed_url(report) } else { self.given_url(report) };
        if let Some(url) = url {
            self.url = url;
        }
    }

    fn given_url(&self, report: &mut Report) -> Option<String> {
        let url = self.url.trim();
        let Some((scheme, rest)) = url.split_once(':') else {
            report.missing("database.url", "is not of the form dialect://user:password@host:port/database");
            return None;
        };
        let scheme = match scheme {
            "postgres" | "postgresql" | "cockroach" | "cockroachdb" => "postgres",
            "mysql" | "mariadb" => "mysql",
            "sqlite" | "sqlite3" => {
                let writable = if rest.contains("mode=") || rest.contains(":memory:") { "" } else { "mode=rwc" };
                let separator = if writable.is_empty() {
                    ""
                } else if rest.contains('?') {
                    "&"
                } else {
                    "?"
                };
                return Some(format!("sqlite:{rest}{separator}{writable}"));
            }
            _ => {
                let rule = "must begin with sqlite://, postgres://, mysql:// or one of their other names";
                report.missing("database.url", rule);
                return None;
            }
        };
        let url = format!("{scheme}:{rest}");
        if !rest.starts_with("//") || Url::parse(&url).is_err() {
            report.missing("database.url", "is not of the form dialect://user:password@host:port/database");
            return None;
        }
        Some(url)
    }

    fn composed_url(&self, report: &mut Report) -> Option<String> {
        let before = report.count();
        let sqlite = self.dialect == Dialect::Sqlite;
        for (key, value, needed) in [
            ("database.database", &self.database, true),
            ("database.user", &self.user, !sqlite),
            ("database.host", &self.host, !sqlite),
            ("database.port", &self.port, !sqlite),
        ] {
            if needed && value.trim().is_empty() {
                report.missing(key, "must not be blank unless database.url is given");
            }
        }
        let scheme = match self.dialect {
            Dialect::Sqlite => return Some(sqlite_url(Path::new(&self.database))),
            Dialect::Postgres | Dialect::Cockroach => "postgres",
            Dialect::Mysql | Dialect::Mariadb => "mysql",
        };
        let port = self.port.trim().parse::<u16>();
        if port.is_err() && !self.port.trim().is_empty() {
            report.problem("database.port", &self.port, "is not a port number");
        }
        if report.count() > before {
            return None;
        }
        let url = self.server_url(scheme, port.ok()?);
        if url.is_none() {
            report.problem("database.host", &self.host, "is not a host name");
        }
        url
    }

    fn server_url(&self, scheme: &str, port: u16) -> Option<String> {
        let mut url = Url::parse(&format!("{scheme}://localhost/")).ok()?;
        let host = self.host.trim();
        // An IPv6 address is written in brackets within a URL.
        let bracketed = host.parse::<std::net::Ipv6Addr>().map(|address| format!("[{address}]"));
        url.set_host(Some(bracketed.as_deref().unwrap_or(host))).ok()?;
        url.set_port(Some(port)).ok()?;
        url.set_username(&self.user).ok()?;
        url.set_password(Some(self.password.expose().as_str()).filter(|password| !password.is_empty())).ok()?;
        url.path_segments_mut().ok()?.clear().push(&self.database);
        Some(url.into())
    }
}

/// The URL of an SQLite file that is created when it is missing.
fn sqlite_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok()).filter(|_| *first == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
