//! What SAML identity providers publish about themselves.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `saml_idp_metadata`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saml_idp_metadata")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
    pub provider_id: Id,
    pub raw_metadata_xml: String,
    pub issuer: String,
    pub sso_url: Option<String>,
    /// A JSON array of PEM certificates.
    pub certificates_pem: String,
    pub last_fetched_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
