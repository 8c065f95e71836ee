//! Limits on the codes of authenticator apps (spec chapters 02 section 18 and 06 section 8.3).

use serde_json::json;

use super::{PASSWORD, SECOND_FACTORS};
use crate::support::{
    flow::{Device, Site},
    redis::{self, somebody},
    second_factors::code_at,
};

/// Covers LR-305, RATE-4, RATE-3: not even the right code is looked at.
#[tokio::test]
async fn the_fourth_code_in_a_minute_is_refused_in_whatever_flow() {
    for store in redis::stores() {
        let site = Site::start_over(SECOND_FACTORS, &format!("rate_limiter: {{ enabled: true, {store} }}")).await;
        let (ada, grace) = (somebody(), somebody());
        for address in [&ada, &grace] {
            let user = site.user_with_password(address, PASSWORD).await;
            site.give_app(user).await;
        }
        let mut flow = site.first_factor(&ada, PASSWORD, Device::Old).await;
        for _ in 0..2 {
            // What is refused at first sight is no attempt.
            flow.enter_otp("").await.refuses("login_otp", "otp_code_validate", "otp_code", "value_missing_error");
            flow.enter_otp("12").await.refuses("login_otp", "otp_code_validate", "otp_code", "otp_code_invalid");
        }
        let mut other = site.first_factor(&ada, PASSWORD, Device::Old).await;
        other.enter_otp("12").await.refuses("login_otp", "otp_code_validate", "otp_code", "otp_code_invalid");
        let code = code_at(site.tenant().services.clock.now());
        for flow in [&mut flow, &mut other] {
            flow.enter_otp(&code).await.fails("login_otp", 429, "rate_limit_exceeded");
            let payload = flow.body["payload"].as_object().unwrap();
            assert_eq!(payload.keys().collect::<Vec<_>>(), ["retry_after"]);
            assert!(payload["retry_after"].as_u64().is_some_and(|seconds| (50..=60).contains(&seconds)), "{payload:?}");
        }
        assert_eq!(site.rows("otp_secrets", &["last_validated_step"]).await[0], json!({ "last_validated_step": null }));
        let mut graces = site.first_factor(&grace, PASSWORD, Device::Old).await;
        graces.enter_otp(&code).await.is("success");
    }
}

/// Neither new flows nor addresses of one's own buy new guesses, and right codes cost none.
#[tokio::test]
async fn guesses_of_codes_are_few_for_an_account_whoever_makes_them() {
    let proxied = "server: { ip: { extractor: x_forwarded_for, trusted_proxies: [127.0.0.0/8] } }";
    for store in redis::stores() {
        let limits = format!("enabled: true, {store}, guess_limits: {{ tokens: 4, interval: 1h }}");
        let yaml = format!("{{ rate_limiter: {{ {limits} }}, {proxied} }}");
        let site = Site::start_over(SECOND_FACTORS, &yaml).await;
        let (ada, grace) = (somebody(), somebody());
        for address in [&ada, &grace] {
            let user = site.user_with_password(address, PASSWORD).await;
            site.give_app(user).await;
        }
        let code = || code_at(site.tenant().services.clock.now());
        site.first_factor(&ada, PASSWORD, Device::Old).await.enter_otp(&code()).await.is("success");
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let mut flow = site.first_factor(&ada, PASSWORD, Device::Old).await;
            for _ in 0..2 {
                let request = flow.request("otp_code_validate", json!({ "otp_code": "12" }));
                let ip = format!("192.0.2.{}", statuses.len());
                let (status, body) = flow.overhear(request.header("x-forwarded-for", &ip)).await;
                flow.catch_up(body);
                statuses.push(status);
            }
        }
        assert_eq!(statuses, [400, 400, 400, 400, 429, 429]);
        let mut flow = site.first_factor(&ada, PASSWORD, Device::Old).await;
        flow.enter_otp(&code()).await.fails("login_otp", 429, "rate_limit_exceeded");
        site.first_factor(&grace, PASSWORD, Device::Old).await.enter_otp(&code()).await.is("success");
    }
}
