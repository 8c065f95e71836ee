//! Keys that sign tokens.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `jwks`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jwks")]
pub struct Model {
    /// Counted up by the database.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The private JSON Web Key, encrypted.
    pub key_data: Secret<String>,
    pub created_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
