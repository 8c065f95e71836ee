//! One-time codes sent by mail.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `passcodes`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passcodes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// Only codes of the original before version 3 have one.
    pub user_id: Option<Id>,
    /// Seconds of validity from `created_at` on.
    pub ttl: i32,
    /// A hash of the code.
    pub code: Secret<String>,
    /// Wrong attempts.
    pub try_count: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Only codes of the original before version 3 have one.
    pub email_id: Option<Id>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
