//! The part of the metadata that its owner may change (spec chapter 03, section 7.12).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ADA;
use crate::support::flow::Site;

/// Covers PROF-213, PROF-215, PROF-216, PROF-218, PROF-224, PROF-225.
#[tokio::test]
async fn metadata_is_patched() {
    let site = Site::start("").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    assert_eq!(
        flow.body["actions"]["patch_metadata"]["inputs"]["patch_metadata"],
        json!({ "name": "patch_metadata", "type": "json", "required": true, "hidden": false })
    );
    assert_eq!(site.count("user_metadata").await, 0);
    for (patch, unsafe_metadata) in [
        (json!({ "a": { "b": 1, "c": [1, null] }, "d": 2 }), json!({ "a": { "b": 1, "c": [1, null] }, "d": 2 })),
        (json!({ "a": { "b": null, "c": [2] }, "x": null }), json!({ "a": { "c": [2] }, "d": 2 })),
        (
            json!(r#"{"public_metadata":{"e":9007199254740993}}"#),
            json!({
                "a": { "c": [2] }, "d": 2, "public_metadata": { "e": 9_007_199_254_740_993_i64 }
            }),
        ),
        (json!("null"), Value::Null),
        (json!({ "a": 1 }), json!({ "a": 1 })),
        (json!(null), Value::Null),
        (json!({ "a": 1 }), json!({ "a": 1 })),
        (json!({ "a": null }), Value::Null),
    ] {
        flow.act("patch_metadata", json!({ "patch_metadata": patch })).await.is("profile_init");
        assert_eq!(flow.payload("user")["metadata"]["unsafe_metadata"], unsafe_metadata, "{patch}");
        assert!(flow.payload("user")["metadata"]["public_metadata"].is_null());
    }
    let rows = site.rows("user_metadata", &["public_metadata", "private_metadata", "unsafe_metadata"]).await;
    assert_eq!(rows, [json!({ "public_metadata": null, "private_metadata": null, "unsafe_metadata": "{}" })]);
}

/// Covers PROF-068, PROF-217, PROF-219, PROF-222.
#[tokio::test]
async fn what_is_no_patch_changes_nothing() {
    let site = Site::start("").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    let kept = json!({ "kept": 9_007_199_254_740_993_i64 });
    flow.act("patch_metadata", json!({ "patch_metadata": kept })).await.is("profile_init");
    for inputs in [
        json!({}),
        json!({ "patch_metadata": "" }),
        json!({ "patch_metadata": [1] }),
        json!({ "patch_metadata": 1 }),
        json!({ "patch_metadata": true }),
        json!({ "patch_metadata": "text" }),
        json!({ "patch_metadata": "{\"a\":}" }),
        json!({ "patch_metadata": " {\"a\":1}" }),
        json!({ "patch_metadata": "null\n" }),
        json!({ "patch_metadata": { "a": "x".repeat(3000) } }),
    ] {
        flow.act("patch_metadata", inputs).await;
        flow.refuses("profile_init", "patch_metadata", "patch_metadata", "invalid_metadata_error");
        assert_eq!(flow.payload("user")["metadata"]["unsafe_metadata"], kept);
    }
    assert!(flow.inputs("patch_metadata")["patch_metadata"]["error"]["cause"].as_str().unwrap().contains("3000"));
}

/// The first patches and later ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn patches_at_once_lose_nothing() {
    let site = Site::start("").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flows = site.profiles(&session, 6).await;
    for round in 0..3 {
        join_all(flows.iter_mut().enumerate().map(async |(number, flow)| {
            let patch = json!({ format!("m{number}"): round });
            flow.act("patch_metadata", json!({ "patch_metadata": patch })).await.is("profile_init");
        }))
        .await;
        let mut flow = site.profile(&session).await;
        let shown = flow.is("profile_init").payload("user")["metadata"]["unsafe_metadata"].as_object().unwrap();
        assert_eq!(shown.len(), 6);
        assert!(shown.values().all(|value| *value == json!(round)), "{shown:?}");
    }
}

/// Covers PROF-223, PROF-226.
#[tokio::test]
async fn what_is_not_the_persons_own_is_never_changed() {
    let site = Site::start("").await;
    let session = site.session(site.user(ADA).await).await;
    site.execute(
        "INSERT INTO user_metadata \
         (id, user_id, public_metadata, private_metadata, created_at, updated_at, tenant_id) \
         SELECT id, id, '{\"a\":1}', '{\"b\":2}', created_at, updated_at, tenant_id FROM users",
    )
    .await;
    let mut flow = site.profile(&session).await;
    let of_others = json!({ "a": 5, "public_metadata": { "a": 2 }, "private_metadata": null });
    for patch in [of_others, json!({ "a": null }), json!(null)] {
        flow.act("patch_metadata", json!({ "patch_metadata": patch })).await.is("profile_init");
        assert_eq!(flow.payload("user")["metadata"]["public_metadata"], json!({ "a": 1 }));
        let rows = site.rows("user_metadata", &["public_metadata", "private_metadata"]).await;
        assert_eq!(rows, [json!({ "public_metadata": r#"{"a":1}"#, "private_metadata": r#"{"b":2}"# })]);
    }
    assert!(site.audit().await.is_empty());
}
