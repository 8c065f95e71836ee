//! Which of the addresses of a user is the primary one.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `primary_emails`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "primary_emails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub email_id: Id,
    /// The owner.
    pub user_id: Id,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
