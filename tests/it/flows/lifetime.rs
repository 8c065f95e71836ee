//! How long a flow may be continued (spec chapter 01, sections 2.1 and 9.3).

use chrono::TimeDelta;
use serde_json::json;

use crate::support::flow::Site;

/// Covers PROTO-10, PROTO-87, PROTO-88, LR-005, LR-007, CLIENT-62.
#[tokio::test]
async fn a_flow_expires_a_day_after_it_began() {
    let (site, clock) = Site::start_with_clock("").await;
    for name in ["login", "registration"] {
        let mut flow = site.init(name).await;
        clock.advance(TimeDelta::hours(12));
        flow.act("register_client_capabilities", json!({})).await.reaches(200);
        let action = if name == "login" { "continue_with_login_identifier" } else { "register_login_identifier" };
        clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
        flow.act(action, json!({ "email": "no address" })).await.reaches(400);
        clock.advance(TimeDelta::seconds(2));
        flow.act(action, json!({ "email": "ada@example.org" })).await.is_rejected(410, "flow_expired_error");
        assert_eq!(flow.body["error"]["message"], "The flow has expired.");
        let (status, body) = flow.send_raw(action, "application/json", r#"{"csrf_token":"wrong"}"#.to_owned()).await;
        assert_eq!((status, &body["error"]["code"]), (410, &json!("flow_expired_error")));
    }
    assert_eq!(site.mails().len(), 0);
}
