//! The codes that prove addresses (spec chapter 03, sections 7.27, 7.28 and 8.2).

use chrono::TimeDelta;
use serde_json::json;

use super::ADA;
use crate::support::flow::{Flow, Site};

const NEW: &str = "new@example.org";

/// A profile of which an address is to be verified.
async fn at_the_code(site: &Site) -> Flow<'_> {
    let mut flow = site.profile(&site.session(site.user(ADA).await).await).await;
    flow.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    flow
}

async fn is_wrong(flow: &mut Flow<'_>, code: &str) {
    flow.act("verify_passcode", json!({ "code": code })).await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
}

/// Covers PROF-128, PROF-129, PROF-130, PROF-131, PROF-133, PROF-134.
#[tokio::test]
async fn three_wrong_codes_end_a_code() {
    let site = Site::start("").await;
    let mut flow = at_the_code(&site).await;
    let code = site.code_for(NEW);
    flow.act("verify_passcode", json!({})).await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "value_missing_error");
    for count in 1..=2 {
        is_wrong(&mut flow, "nocode").await;
        assert_eq!(site.rows("passcodes", &["try_count"]).await, [json!({ "try_count": count })]);
    }
    for code in ["nocode", &code] {
        flow.act("verify_passcode", json!({ "code": code })).await;
        flow.fails("passcode_confirmation", 401, "passcode_max_attempts_reached");
    }
    assert_eq!(site.mails_to(NEW).len(), 1);
    flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    assert_eq!((site.mails_to(NEW).len(), site.count("emails").await), (2, 1));
    flow.confirm(NEW).await.is("profile_init");
}

/// Covers PROF-132.
#[tokio::test]
async fn a_code_expires() {
    let (site, clock) = Site::start_with_clock("email: { passcode_ttl: 60 }").await;
    let mut flow = at_the_code(&site).await;
    let code = site.code_for(NEW);
    clock.advance(TimeDelta::seconds(61));
    is_wrong(&mut flow, &code).await;
}

/// Covers PROF-039, PROF-135, PROF-136, PROF-137, PROF-138.
#[tokio::test]
async fn a_code_proves_the_address_that_it_was_sent_to() {
    let (site, clock) =
        Site::start_with_clock("rate_limiter: { enabled: true, passcode_limits: { tokens: 2, interval: 1m } }").await;
    let mut flow = at_the_code(&site).await;
    let code = site.code_for(NEW);
    flow.act("back", json!({})).await.is("profile_init");
    flow.act("resend_passcode", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    flow.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    assert_eq!(site.mails_to(NEW).len(), 1);
    flow.act("back", json!({})).await.act("email_create", json!({ "email": "x@example.org" })).await;
    flow.is("passcode_confirmation");
    assert_eq!(site.mails_to("x@example.org").len(), 1);
    is_wrong(&mut flow, &code).await;
    flow.act("back", json!({})).await.act("email_create", json!({ "email": NEW })).await;
    flow.fails("passcode_confirmation", 429, "rate_limit_exceeded");
    assert!(flow.payload("resend_after").as_u64().is_some());
    assert_eq!(site.mails_to(NEW).len(), 1);
    // Nothing was sent, so nothing is right: neither the code of this address, forgotten since, nor that of the other.
    for code in [code, site.code_for("x@example.org")] {
        is_wrong(&mut flow, &code).await;
    }
    clock.advance(TimeDelta::minutes(1));
    flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    flow.confirm(NEW).await.is("profile_init");
    assert!(!flow.offers("email_verify"));
}

/// Covers PROF-139, PROF-140, PROF-141.
#[tokio::test]
async fn each_mail_counts_once() {
    for limited in [true, false] {
        let site = Site::start(&format!("rate_limiter: {{ enabled: {limited} }}")).await;
        let mut flow = at_the_code(&site).await;
        for _ in 0..2 {
            flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
        }
        flow.act("resend_passcode", json!({})).await;
        if limited {
            flow.fails("passcode_confirmation", 429, "rate_limit_exceeded");
            assert!(flow.payload("resend_after").as_u64().is_some());
        } else {
            flow.is("passcode_confirmation");
        }
        assert_eq!(site.mails_to(NEW).len(), if limited { 3 } else { 4 });
        flow.confirm(NEW).await.is("profile_init");
    }
}

/// Covers PROF-142.
#[tokio::test]
async fn a_verified_address_vouches_for_no_other() {
    let site = Site::start("").await;
    let mut flow = at_the_code(&site).await;
    flow.confirm(NEW).await.is("profile_init");
    flow.act("email_create", json!({ "email": "x@example.org" })).await.is("passcode_confirmation");
    flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    assert_eq!(site.count("emails").await, 2);
    flow.act("back", json!({})).await.is("profile_init");
    assert_eq!(flow.payload("user")["emails"].as_array().unwrap().len(), 2);
}

/// Covers PROF-146.
#[tokio::test]
async fn mails_are_written_in_the_language_of_the_page() {
    let site = Site::start("").await;
    let mut flow = site.profile(&site.session(site.user(ADA).await).await).await;
    for (language, expected) in [(None, "en"), (Some("de"), "de")] {
        flow.language = language;
        let address = format!("{expected}@example.org");
        flow.act("email_create", json!({ "email": address })).await.is("passcode_confirmation");
        flow.confirm(&address).await.is("profile_init");
        for mail in [site.mail_to(&address), site.mail_to(ADA)] {
            assert_eq!(serde_json::to_value(&*mail).unwrap()["language"], expected);
        }
    }
}
