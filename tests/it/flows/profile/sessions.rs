//! Where people are signed in (spec chapter 03, sections 4.8 and 7.23).

use chrono::TimeDelta;
use serde_json::json;

use super::ADA;
use crate::support::flow::Site;

/// Covers PROF-032, PROF-069, PROF-070, PROF-071, PROF-073.
#[tokio::test]
async fn shows_the_active_sessions() {
    let (site, clock) = Site::start_with_clock("session: { lifespan: 2h }").await;
    let user = site.user(ADA).await;
    site.session(user).await;
    clock.advance(TimeDelta::hours(1));
    let current = site.session(user).await;
    clock.advance(TimeDelta::hours(1));
    let newest = site.session(user).await;
    let flow = site.profile(&current).await;
    assert_eq!(
        flow.payload("sessions"),
        &json!([
            {
                "id": newest.id, "current": false, "created_at": "2026-03-01T12:00:00.25Z",
                "expires_at": "2026-03-01T14:00:00.25Z", "last_used": "2026-03-01T12:00:00.25Z",
            },
            {
                "id": current.id, "current": true, "created_at": "2026-03-01T11:00:00.25Z",
                "expires_at": "2026-03-01T13:00:00.25Z", "last_used": "2026-03-01T12:00:00.25Z",
            },
        ])
    );
    let hidden = Site::start("session: { show_on_profile: false }").await;
    let session = hidden.session(hidden.user(ADA).await).await;
    let flow = hidden.profile(&session).await;
    assert!(flow.payload("sessions").is_null() && flow.payload("user").is_object());
}

/// Covers PROF-023, PROF-074, PROF-077, PROF-078, PROF-081, PROF-227, PROF-228, PROF-229, PROF-230.
#[tokio::test]
async fn only_other_sessions_of_ones_own_can_be_ended() {
    let site = Site::start("").await;
    let user = site.user(ADA).await;
    let current = site.session(user).await;
    let stranger = site.session(site.user("grace@example.org").await).await;
    assert!(!site.profile(&current).await.offers("session_delete"));
    let other = site.session(user).await;
    let mut flow = site.profile(&current).await;
    assert_eq!(
        flow.inputs("session_delete")["session_id"],
        json!({
            "name": "session_id", "type": "string", "required": true, "hidden": true,
            "allowed_values": [{ "value": other.id, "name": other.id }],
        })
    );
    for (given, code) in [
        (json!(current.id), "value_invalid_error"),
        (json!(stranger.id), "value_invalid_error"),
        (json!("x"), "value_invalid_error"),
        (json!(""), "value_missing_error"),
        (json!(7), "value_missing_error"),
    ] {
        flow.act("session_delete", json!({ "session_id": given })).await;
        flow.refuses("profile_init", "session_delete", "session_id", code);
        assert!(flow.payload("user").is_object());
    }
    assert_eq!(site.count("sessions").await, 3);
    flow.act("session_delete", json!({ "session_id": other.id, "x": 1 })).await.is("profile_init");
    assert!(!flow.offers("session_delete"));
    assert_eq!(flow.payload("sessions").as_array().unwrap().len(), 1);
    assert_eq!(site.ask_as(&other, "GET", "/me").await.status, 401);
    let site = Site::start("session: { allow_revocation: false }").await;
    let user = site.user(ADA).await;
    let current = site.session(user).await;
    site.session(user).await;
    assert!(!site.profile(&current).await.offers("session_delete"));
}
