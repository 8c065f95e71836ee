//! Flows in the database. A flow is written with its version checked; when nothing else is written in the step, that is
//! the only statement and needs no transaction.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Authentication, Context, Stash};
use crate::{
    clock::Clock,
    engine::{Document, Failure, Store, StoredFlow},
    secret::Secret,
    storage::flows,
};

/// Flows in the database.
#[derive(Debug)]
pub struct DatabaseFlows {
    clock: Arc<dyn Clock>,
}

impl DatabaseFlows {
    /// A store; the clock says when rows were written.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Store<Authentication> for DatabaseFlows {
    async fn insert(&self, context: &mut Context, flow: &StoredFlow<Stash>) -> Result<(), Failure> {
        Ok(flows::insert(&context.unit, &row(flow)?, self.clock.now()).await?)
    }

    async fn load(&self, context: &mut Context, id: Uuid) -> Result<Option<StoredFlow<Stash>>, Failure> {
        let Some(row) = flows::load(&context.unit, id).await? else { return Ok(None) };
        Ok(Some(StoredFlow {
            id: row.id,
            version: row.version,
            csrf_token: row.csrf_token,
            expires_at: row.expires_at,
            document: serde_json::from_str::<Document<Stash>>(row.data.expose()).ok(),
        }))
    }

    async fn update(&self, context: &mut Context, flow: &StoredFlow<Stash>) -> Result<bool, Failure> {
        Ok(flows::update(&context.unit, &row(flow)?, self.clock.now()).await?)
    }
}

fn row(flow: &StoredFlow<Stash>) -> Result<flows::StoredFlow, Failure> {
    Ok(flows::StoredFlow {
        id: flow.id,
        version: flow.version,
        expires_at: flow.expires_at,
        csrf_token: flow.csrf_token.clone(),
        data: Secret::new(serde_json::to_string(&flow.document)?),
    })
}
