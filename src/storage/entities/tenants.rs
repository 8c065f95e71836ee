//! Tenants; a server without tenants has exactly the default one.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `tenants`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// Configuration of the tenant; unused in a server without tenants.
    pub config: Option<Json>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
