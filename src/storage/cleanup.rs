//! Finding and removing rows whose time is over. Unlike other queries these are read across tenants: a row past its time
//! is of no use to any of them.
//!
//! Rows are found first and then removed by their keys, few at a time, so that no lock is held for long.

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbBackend,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement},
};

use super::{Id, StorageError, Timestamp, UnitOfWork, sql::Sql};

/// A table with rows that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Audit events, which count by their age.
    AuditLogs,
    /// Flows.
    Flows,
    /// Mails and webhooks that nobody has delivered or given up, which count by their age.
    Outbox,
    /// Passcodes, valid for `ttl` seconds each.
    Passcodes,
    /// SAML responses that were accepted once and must not be again while they are valid.
    SamlIdpInitiatedRequests,
    /// SAML sign-ins in progress.
    SamlStates,
    /// Sessions; those without expiry stay.
    Sessions,
    /// One-time tokens of third-party sign-ins.
    Tokens,
    /// Devices that need no second factor.
    TrustedDevices,
    /// WebAuthn ceremonies; those without expiry stay. Their allowed credentials go with them.
    WebauthnSessionData,
}

impl Table {
    /// All of them, in the alphabetical order of their names.
    pub const ALL: [Self; 10] = [
        Self::AuditLogs,
        Self::Flows,
        Self::Passcodes,
        Self::SamlIdpInitiatedRequests,
        Self::SamlStates,
        Self::Outbox,
        Self::Sessions,
        Self::Tokens,
        Self::TrustedDevices,
        Self::WebauthnSessionData,
    ];

    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuditLogs => "audit_logs",
            Self::Flows => "flows",
            Self::Outbox => "sealflow_outbox",
            Self::Passcodes => "passcodes",
            Self::SamlIdpInitiatedRequests => "saml_idp_initiated_requests",
            Self::SamlStates => "saml_states",
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
            Self::TrustedDevices => "trusted_devices",
            Self::WebauthnSessionData => "webauthn_session_data",
        }
    }

    /// What holds for rows whose time was over before `before`. It does not hold where the time is not known.
    fn passed(self, backend: DbBackend, before: DateTime<Utc>) -> Expr {
        let moment = Timestamp::from(before);
        match (self, backend) {
            (Self::AuditLogs | Self::Outbox, _) => Expr::col(Alias::new("created_at")).lt(moment),
            (Self::Passcodes, DbBackend::Postgres) => Expr::cust("created_at + make_interval(secs => ttl)").lt(moment),
            (Self::Passcodes, DbBackend::MySql) => Expr::cust("created_at + INTERVAL ttl SECOND").lt(moment),
            // Counted in whole seconds, the last one in full: a passcode never goes before its time.
            (Self::Passcodes, _) => Expr::cust("unixepoch(created_at) + ttl + 1").lte(before.timestamp()),
            _ => Expr::col(Alias::new("expires_at")).lt(moment),
        }
    }

    fn rows(self, unit: &UnitOfWork, before: DateTime<Utc>) -> SelectStatement {
        let passed = self.passed(unit.backend(), before);
        let mut rows = Query::select().from(Alias::new(self.name())).and_where(passed).take();
        if self == Self::Passcodes {
            // Which an index tells: what is due was made before.
            rows.and_where(Expr::col(Alias::new("created_at")).lt(Timestamp::from(before)));
        }
        rows
    }
}

/// How many rows of all tenants have passed before `before`.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn count(unit: &UnitOfWork, table: Table, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let count = table.rows(unit, before).expr(Expr::cust("COUNT(*)")).take();
    let Some(row) = unit.read().query_one(&count).await? else { return Ok(0) };
    Ok(row.try_get_by_index::<i64>(0)?.try_into().unwrap_or(0))
}

/// The keys of at most `limit` rows, of all tenants, that have passed before `before`.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn passed(
    unit: &UnitOfWork,
    table: Table,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Id>, StorageError> {
    let page = table.rows(unit, before).column(Alias::new("id")).limit(limit).take();
    let rows = unit.read().query_all(&page).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Removes those of the rows `ids` that have still passed before `before`, with one statement that commits by itself,
/// see [`UnitOfWork::alone`]. Returns how many there were.
///
/// # Errors
///
/// When the database refuses.
pub async fn remove(unit: &UnitOfWork, table: Table, before: DateTime<Utc>, ids: &[Id]) -> Result<u64, StorageError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let delete = Query::delete()
        .from_table(Alias::new(table.name()))
        .and_where(Expr::col(Alias::new("id")).is_in(ids.iter().copied()))
        .and_where(table.passed(unit.backend(), before))
        .take();
    Ok(unit.alone().execute(&delete).await?.rows_affected())
}

/// Takes the next round of cleaning up, for which all servers of an installation ask: one of them gets it once the
/// former round is over, and the next one is due at `next`.
///
/// `latest` is the latest moment to which any server puts a round off. A later one in the table was written by a clock
/// that was wrong, or with a longer interval, and does not count.
///
/// # Errors
///
/// When the database refuses.
pub async fn take_round(
    unit: &UnitOfWork,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static TAKE: Sql = Sql::new(
        "UPDATE sealflow_periodic_tasks SET next_run_at = ? \
         WHERE id = 'cleanup' AND (next_run_at <= ? OR next_run_at > ?)",
    );
    let values = [next, now, latest].map(|moment| Timestamp::from(moment).into());
    Ok(TAKE.execute(unit.alone(), values).await? == 1)
}
