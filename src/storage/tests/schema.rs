//! Recognition and migration of schemas.

use migrations::{VERSIONS, inherited_tables};
use sea_orm::{ActiveValue::Set, DbBackend, EntityTrait};

use super::*;
use crate::storage::{
    emails,
    entities::saml_providers,
    schema::{self, Applied, SchemaError, State, inspect, require_current},
    sessions::{self, NewSession},
    testing::{Kind, execute, on, on_empty, on_every_empty_database, text, texts},
    trusted_devices, usernames, webauthn_credentials,
};

const INHERITED: &str = "m20261125_000001_inherited_schema";
const OUTBOX: &str = "m20261125_000002_outbox_and_indexes";
const CLEANUP: &str = "m20261125_000003_cleanup";

async fn refusal(database: &Database) -> String {
    match require_current(database).await {
        Err(SchemaError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// What `migrate up` says to a database that it must not touch.
async fn up_refusal(database: &Database) -> String {
    match schema::up(database).await {
        Err(SchemaError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

async fn forget(database: &Database, condition: &str) {
    execute(database, &format!("DELETE FROM schema_migration WHERE {condition}")).await;
}

/// Takes away what Sealflow adds, which leaves what the original makes.
async fn make_original(database: &Database) {
    schema::up(database).await.unwrap();
    schema::down(database, 2, false).await.unwrap();
    execute(database, "DROP TABLE sealflow_migrations").await;
}

/// The columns of the inherited tables, in no matter which form.
async fn inherited_columns(database: &Database) -> Vec<String> {
    let query = match database.backend() {
        DbBackend::Sqlite => {
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sealflow%' ORDER BY name"
        }
        DbBackend::Postgres => {
            "SELECT table_name || '.' || column_name || data_type || is_nullable FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE 'sealflow%' ORDER BY 1"
        }
        _ => {
            "SELECT CONCAT(table_name, column_name, column_type, is_nullable, COALESCE(collation_name, '')) \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE 'sealflow%' ORDER BY 1"
        }
    };
    let columns = texts(database, query).await;
    assert!(columns.len() >= 29);
    columns
}

/// Writes and reads a JSON column.
async fn saml_provider_with_attributes(unit: &mut UnitOfWork) {
    let attributes = serde_json::json!({"email": "mail"});
    let provider = saml_providers::ActiveModel {
        id: Set(id(20).into()),
        tenant_id: Set(DEFAULT_TENANT.into()),
        name: Set("Example".to_owned()),
        entity_id: Set("e".to_owned()),
        metadata_url: Set("u".to_owned()),
        domain: Set("example.org".to_owned()),
        enabled: Set(true),
        skip_email_verification: Set(false),
        attribute_map: Set(Some(attributes.clone())),
        created_at: Set(now().into()),
        updated_at: Set(now().into()),
    };
    saml_providers::Entity::insert(provider).exec_without_returning(&unit.write().await.unwrap()).await.unwrap();
    let read = saml_providers::Entity::find().one(&unit.read()).await.unwrap().unwrap();
    assert_eq!(read.attribute_map, Some(attributes));
}

on_every_empty_database! {
    /// Covers DATA-2, DATA-3, MIG-1, MIG-2, MIG-4, V2-156, V2-168.
    async fn an_empty_database_is_refused_until_it_is_migrated(database: Database) {
        assert!(refusal(&database).await.contains("`sealflow migrate up`"));
        assert_eq!(inspect(&database).await.unwrap(), State::Empty);
        assert_eq!(schema::up(&database).await.unwrap(), [INHERITED, OUTBOX, CLEANUP]);
        assert_eq!(require_current(&database).await.unwrap(), None);

        let inherited = inherited_tables();
        assert_eq!(inherited.len(), 29);
        for table in inherited.iter().chain(&["sealflow_outbox", "sealflow_periodic_tasks"]) {
            text(&database, &format!("SELECT CAST(COUNT(*) AS CHAR(2)) FROM {table}")).await.unwrap();
        }
        let recorded = texts(&database, "SELECT version FROM schema_migration ORDER BY version").await;
        assert_eq!(recorded, VERSIONS);
        let tenants = "SELECT CAST(id AS CHAR(36)) FROM tenants WHERE created_at = '2026-01-01 00:00:00' \
                       AND updated_at = '2026-01-01 00:00:00' AND CAST(config AS CHAR(2)) = '{}'";
        assert_eq!(texts(&database, tenants).await, [DEFAULT_TENANT.to_string()]);

        assert_eq!(schema::up(&database).await.unwrap(), [] as [&str; 0]);
    }

    /// Covers DATA-5.
    async fn a_database_of_the_original_gets_only_what_is_sealflows_own(database: Database) {
        make_original(&database).await;
        create_user(&database, 1).await;
        let pending = vec![INHERITED.into(), OUTBOX.into(), CLEANUP.into()];
        assert_eq!(inspect(&database).await.unwrap(), State::Current { pending });
        assert!(refusal(&database).await.contains("`sealflow migrate up`"));
        let before = inherited_columns(&database).await;
        assert_eq!(schema::up(&database).await.unwrap(), [INHERITED, OUTBOX, CLEANUP]);
        assert_eq!(inherited_columns(&database).await, before);
        assert_eq!(require_current(&database).await.unwrap(), None);
        assert!(users::by_id(&unit(&database), id(1)).await.unwrap().is_some());
        saml_provider_with_attributes(&mut unit(&database)).await;
    }

    /// Covers V2-163.
    async fn users_without_recorded_versions_belong_to_somebody_else(database: Database) {
        execute(&database, "CREATE TABLE users (id INTEGER)").await;
        assert_eq!(inspect(&database).await.unwrap(), State::Foreign);
        refusal(&database).await;
        up_refusal(&database).await;
        execute(&database, "CREATE TABLE schema_migration (version VARCHAR(14))").await;
        assert_eq!(inspect(&database).await.unwrap(), State::Foreign);
        up_refusal(&database).await;
        execute(&database, "INSERT INTO users VALUES (1)").await;
    }

    /// Covers V2-162.
    async fn a_newer_original_is_served_when_it_has_all_that_is_known(database: Database) {
        schema::up(&database).await.unwrap();
        execute(&database, "INSERT INTO schema_migration VALUES ('20270101000000')").await;
        assert!(require_current(&database).await.unwrap().unwrap().contains("20270101000000"));
        assert!(up_refusal(&database).await.contains("20270101000000"));
        forget(&database, "version = '20220405153240'").await;
        assert!(refusal(&database).await.contains("20270101000000"));
    }

    /// Covers DATA-4, V2-160.
    async fn an_original_before_2_0_is_sent_to_its_own_migrations(database: Database) {
        schema::up(&database).await.unwrap();
        forget(&database, "version > '20250210095906'").await;
        assert_eq!(inspect(&database).await.unwrap(), State::TooOld);
        assert!(refusal(&database).await.contains("2.x `migrate up`"));
        assert_eq!(up_refusal(&database).await, refusal(&database).await);
    }

    /// Covers V2-161.
    async fn states_are_told_apart_by_all_versions_not_by_the_newest(database: Database) {
        schema::up(&database).await.unwrap();
        forget(&database, "version = '20260618130626'").await;
        assert_eq!(inspect(&database).await.unwrap(), State::Behind { missing: vec!["20260618130626".to_owned()] });
        assert!(refusal(&database).await.contains("20260618130626"));
        up_refusal(&database).await;
    }

    async fn versions_that_the_columns_contradict_are_damage(database: Database) {
        schema::up(&database).await.unwrap();
        forget(&database, "version = '20260217162500'").await;
        assert_eq!(inspect(&database).await.unwrap(), State::Damaged);
        refusal(&database).await;
        up_refusal(&database).await;
    }

    async fn a_newer_sealflow_is_not_overruled(database: Database) {
        schema::up(&database).await.unwrap();
        execute(&database, "INSERT INTO sealflow_migrations (version, applied_at) VALUES ('m2030_tenants', 1)").await;
        assert_eq!(
            inspect(&database).await.unwrap(),
            State::NewerSealflow { unknown: vec!["m2030_tenants".to_owned()] }
        );
        assert!(refusal(&database).await.contains("m2030_tenants"));
        up_refusal(&database).await;
    }

    /// Covers MIG-5.
    async fn down_rolls_back_the_newest_and_everything_only_when_told(database: Database) {
        schema::up(&database).await.unwrap();
        create_user(&database, 1).await;
        assert!(matches!(schema::down(&database, 4, true).await, Err(SchemaError::Refused(_))));
        let everything = schema::down(&database, 3, false).await.unwrap_err().to_string();
        assert!(everything.contains("--drop-everything"), "{everything}");
        assert_eq!(require_current(&database).await.unwrap(), None);

        assert_eq!(schema::down(&database, 1, false).await.unwrap(), [CLEANUP]);
        let applied: Vec<_> = schema::status(&database).await.unwrap().1.into_iter().map(|step| step.applied).collect();
        assert_eq!(applied, [Applied::Yes, Applied::Yes, Applied::No]);
        assert!(users::by_id(&unit(&database), id(1)).await.unwrap().is_some());
        assert_eq!(schema::up(&database).await.unwrap(), [CLEANUP]);

        assert_eq!(schema::down(&database, 3, true).await.unwrap(), [CLEANUP, OUTBOX, INHERITED]);
        assert_eq!(inspect(&database).await.unwrap(), State::Empty);
        assert_eq!(schema::up(&database).await.unwrap(), [INHERITED, OUTBOX, CLEANUP]);
    }

    /// Covers MIG-8.
    async fn down_0_changes_nothing(database: Database) {
        assert_eq!(schema::down(&database, 0, false).await.unwrap(), [] as [&str; 0]);
        assert_eq!(inspect(&database).await.unwrap(), State::Empty);
        schema::up(&database).await.unwrap();
        assert_eq!(schema::down(&database, 0, true).await.unwrap(), [] as [&str; 0]);
        assert_eq!(require_current(&database).await.unwrap(), None);
    }

    async fn processes_that_migrate_at_once_do_not_meet(database: Database) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let database = database.clone();
            tasks.spawn(async move { schema::up(&database).await.unwrap().len() });
        }
        assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 3);
        assert_eq!(require_current(&database).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_failing_migration_leaves_the_earlier_ones_applied() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        on_empty(kind, async |database| {
            execute(&database, "CREATE VIEW sealflow_outbox AS SELECT 1 AS one").await;
            schema::up(&database).await.unwrap_err();
            let pending = vec![OUTBOX.to_owned(), CLEANUP.to_owned()];
            assert_eq!(inspect(&database).await.unwrap(), State::Current { pending });
            execute(&database, "DROP VIEW sealflow_outbox").await;
            assert_eq!(schema::up(&database).await.unwrap(), [OUTBOX, CLEANUP]);
        })
        .await;
    }
}

#[tokio::test]
async fn a_creation_that_was_cut_short_on_mysql_is_completed() {
    on_empty(Kind::Mysql, async |database| {
        schema::up(&database).await.unwrap();
        for sql in [
            "DROP TABLE schema_migration",
            "DROP TABLE saml_idp_metadata",
            "DROP TABLE flows",
            "DROP TABLE sealflow_outbox",
            "DELETE FROM tenants",
            "DELETE FROM sealflow_migrations",
        ] {
            execute(&database, sql).await;
        }
        assert_eq!(inspect(&database).await.unwrap(), State::Unfinished);
        assert!(refusal(&database).await.contains("`sealflow migrate up`"));
        assert_eq!(schema::up(&database).await.unwrap(), [INHERITED, OUTBOX, CLEANUP]);
        assert_eq!(require_current(&database).await.unwrap(), None);
        create_user(&database, 1).await;
    })
    .await;
}

/// Columns that the original may have left nullable, and variants that 3.0 made.
///
/// Covers DATA-6, V2-184, V2-185.
#[tokio::test]
async fn variants_of_the_schema_on_postgres_are_served() {
    on(Kind::Postgres, async |database: Database| {
        for sql in [
            "ALTER TABLE usernames ALTER COLUMN user_id DROP NOT NULL, ALTER COLUMN username DROP NOT NULL",
            "ALTER TABLE sessions ALTER COLUMN last_used DROP NOT NULL",
            "ALTER TABLE saml_providers ALTER COLUMN attribute_map TYPE jsonb",
            "CREATE UNIQUE INDEX saml_certificates_cert_data_idx ON saml_certificates (cert_data)",
        ] {
            execute(&database, sql).await;
        }
        assert_eq!(require_current(&database).await.unwrap(), None);
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        usernames::insert(&mut unit, id(2), id(1), "ada", now()).await.unwrap();
        assert_eq!(usernames::by_name(&unit, "ada").await.unwrap().unwrap().user_id.0, id(1));
        saml_provider_with_attributes(&mut unit).await;
    })
    .await;
}

/// The original's columns on MySQL: a collation that ignores case and accents, times in whole seconds.
///
/// Covers DATA-35.
#[tokio::test]
async fn values_are_compared_exactly_in_a_mysql_database_of_the_original() {
    on(Kind::Mysql, async |database: Database| {
        // Keys between the columns stand in the way of their conversion.
        let keys = "SELECT CONCAT('ALTER TABLE ', table_name, ' DROP FOREIGN KEY ', constraint_name) \
             FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()";
        for statement in texts(&database, keys).await {
            execute(&database, &statement).await;
        }
        execute(&database, "ALTER TABLE webauthn_credentials MODIFY id varchar(255)").await;
        execute(&database, "ALTER TABLE webauthn_credential_transports MODIFY webauthn_credential_id varchar(255)")
            .await;
        for table in inherited_tables() {
            let conversion = "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci";
            execute(&database, &format!("ALTER TABLE {table} {conversion}")).await;
        }
        execute(&database, "ALTER TABLE sessions MODIFY last_used datetime NOT NULL").await;
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        super::credentials::register(&mut unit, "aBc", id(1), false).await;
        assert!(webauthn_credentials::by_id(&unit, "aBc").await.unwrap().is_some());
        assert_eq!(webauthn_credentials::by_id(&unit, "ABC").await.unwrap(), None);
        for (n, token) in [(2, "tOken"), (3, "ToKEN")] {
            let token = token.to_owned().into();
            trusted_devices::insert(&mut unit, id(n), id(1), token, later(60), now()).await.unwrap();
        }
        assert_eq!(trusted_devices::by_token(&unit, "ToKEN").await.unwrap().unwrap().id.0, id(3));
        assert_eq!(trusted_devices::by_token(&unit, "token").await.unwrap(), None);
        emails::insert(&mut unit, id(4), None, "müller@example.org", true, now()).await.unwrap();
        assert_eq!(emails::by_address(&unit, "muller@example.org").await.unwrap(), None);
        assert!(emails::by_address(&unit, "müller@example.org").await.unwrap().is_some());
        let session = NewSession { id: id(5), user: id(1), user_agent: None, ip_address: None, expires_at: None };
        sessions::insert(&mut unit, session, now()).await.unwrap();
        let last_used = sessions::by_id(&unit, id(5)).await.unwrap().unwrap().last_used;
        assert_eq!(last_used.timestamp(), now().timestamp());
    })
    .await;
}

/// The schema as PostgreSQL sees it, to be read beside spec chapter 06 1.6.
#[tokio::test]
async fn the_schema_is_the_one_of_the_specification() {
    on(Kind::Postgres, async |database: Database| {
        let columns = "SELECT table_name || '.' || column_name || ' ' || data_type \
             || COALESCE('(' || character_maximum_length || ')', '') \
             || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END || COALESCE(' default ' || column_default, '') \
             FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position";
        let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname";
        let keys = "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE contype = 'f' ORDER BY conrelid::regclass::text, conname";
        let mut lines = Vec::new();
        for query in [columns, indexes, keys] {
            lines.extend(texts(&database, query).await);
            lines.push(String::new());
        }
        insta::assert_snapshot!("schema", lines.join("\n"));
    })
    .await;
}

#[test]
fn the_default_tenant_is_the_same_everywhere() {
    assert_eq!(migrations::DEFAULT_TENANT, DEFAULT_TENANT.to_string());
}
