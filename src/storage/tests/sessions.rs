//! Sessions.

use super::*;
use crate::storage::sessions::{self, NewSession};

fn new(n: u128, user: Uuid) -> NewSession {
    NewSession { id: id(n), user, user_agent: None, ip_address: None, expires_at: Some(later(60)) }
}

on_every_database! {
    /// Covers DATA-25.
    async fn active_sessions_are_those_that_expire_later_newest_first(database: Database) {
        create_user(&database, 1).await;
        create_user(&database, 2).await;
        let mut unit = unit(&database);
        for (n, user, expires_at, created_at) in [
            (3, 1, Some(later(60)), later(0)),
            (4, 1, Some(later(60)), later(2)),
            (5, 1, Some(later(60)), later(1)),
            (6, 1, Some(later(10)), later(3)),
            (7, 1, None, later(4)),
            (8, 2, Some(later(60)), later(5)),
        ] {
            sessions::insert(&mut unit, NewSession { expires_at, ..new(n, id(user)) }, created_at).await.unwrap();
        }
        let active: Vec<_> =
            sessions::active_of_user(&unit, id(1), later(10)).await.unwrap().into_iter().map(|row| row.id.0).collect();
        assert_eq!(active, [id(4), id(5), id(3)]);
    }

    /// Covers DATA-31.
    async fn a_long_user_agent_is_cut(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        let session = NewSession {
            user_agent: Some("ü".repeat(1000)),
            ip_address: Some("2001:db8::1".to_owned()),
            ..new(2, id(1))
        };
        let written = sessions::insert(&mut unit, session, now()).await.unwrap();
        assert_eq!(written.user_agent.as_deref(), Some("ü".repeat(255).as_str()));
        assert_eq!(sessions::by_id(&unit, id(2)).await.unwrap(), Some(written));
    }

    async fn a_session_is_touched_and_deleted(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        sessions::insert(&mut unit, new(2, id(1)), now()).await.unwrap();
        unit.commit().await.unwrap();
        let mut unit = super::unit(&database);
        assert!(sessions::touch(&unit, id(2), later(5)).await.unwrap());
        let row = sessions::by_id(&super::unit(&database), id(2)).await.unwrap().unwrap();
        assert_eq!((row.last_used, row.updated_at, row.created_at), (later(5).into(), later(5).into(), now().into()));
        assert!(sessions::delete(&mut unit, id(2)).await.unwrap());
        assert!(!sessions::delete(&mut unit, id(2)).await.unwrap());
        assert!(!sessions::touch(&unit, id(2), later(6)).await.unwrap());
        assert_eq!(sessions::by_id(&unit, id(2)).await.unwrap(), None);
    }
}
