//! What a request carries through the engine: the services, the database, who asks, and what leaves the server once the
//! step is committed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    engine::{self, Failure},
    identity::{Services, profile::Profile, sessions::Issued},
    notify::{
        audit::{AuditEvent, AuditTicket, Detail, RequestMeta},
        mail::PasscodeTemplate,
    },
    secret::Secret,
    storage::UnitOfWork,
};
