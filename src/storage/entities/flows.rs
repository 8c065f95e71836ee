//! Flows in progress.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `flows`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "flows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// 0 at creation, one more at each stored step.
    pub version: i32,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub csrf_token: String,
    /// State and stash; holds secrets such as a TOTP secret that is being set up.
    pub data: Secret<String>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
