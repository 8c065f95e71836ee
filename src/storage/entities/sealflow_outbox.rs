//! Mails and webhooks that wait for their delivery.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `sealflow_outbox`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealflow_outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
    /// `mail` or `webhook`.
    pub kind: String,
    /// Encrypted.
    pub payload: Secret<String>,
    /// Deliveries tried.
    pub attempts: i32,
    pub next_attempt_at: Timestamp,
    pub created_at: Timestamp,
    pub last_error: Option<String>,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
