//! Metadata of users: three JSON objects as text, at most 3000 characters each; none and `{}` both mean empty.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `user_metadata`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_metadata")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The owner.
    pub user_id: Id,
    pub public_metadata: Option<String>,
    pub private_metadata: Option<String>,
    pub unsafe_metadata: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
