//! Who makes a request (spec chapter 04 section 4): where the session token stands, whether its session is still good,
//! and the cookie that carries it.

use std::time::Duration;

use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use uuid::Uuid;

use crate::{
    config,
    http::{
        cookie::{self, Cookie},
        error::ApiError,
        request::Call,
    },
    identity::sessions::{SessionError, Verdict},
    storage::entities::sessions::Model as SessionRow,
};

/// How many tokens of one source are looked at.
const TOKENS: usize = 20;

const BEARER: &str = "bearer";

/// A token that a request came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The token.
    pub token: &'a str,
    /// Whether it stood in the session cookie.
    pub from_cookie: bool,
}

/// The tokens of a request in the order in which they are tried: those of `Authorization`, then those of the cookie.
pub fn candidates<'a>(headers: &'a HeaderMap, cookie_name: &'a str) -> impl Iterator<Item = Candidate<'a>> {
    let bearers = texts(headers, &header::AUTHORIZATION).filter_map(bearer).take(TOKENS);
    let cookies = cookie::values(headers, cookie_name).take(TOKENS);
    bearers
        .map(|token| Candidate { token: token.trim(), from_cookie: false })
        .chain(cookies.map(|token| Candidate { token, from_cookie: true }))
}

fn texts<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// What follows the scheme, which may be spelled in any letter case and need not be followed by a space.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(BEARER.len())?;
    (scheme.eq_ignore_ascii_case(BEARER) && !token.is_empty()).then_some(token)
}

/// The cookie that carries `token`; it ends with the browser session or after the lifespan of sessions.
#[must_use]
pub fn session_cookie(config: &config::Session, token: &str, ends_with_browser: bool) -> Option<HeaderValue> {
    let max_age = (!ends_with_browser).then_some(config.lifespan.0);
    cookie(config, token, max_age).to_header()
}

/// The cookie that makes the browser forget the session cookie.
#[must_use]
pub fn removed_session_cookie(config: &config::Session) -> Option<HeaderValue> {
    cookie(config, "", Some(Duration::ZERO)).to_header()
}

fn cookie<'a>(config: &'a config::Session, value: &'a str, max_age: Option<Duration>) -> Cookie<'a> {
    let config = &config.cookie;
    Cookie {
        name: config.effective_name(),
        value,
        domain: &config.domain,
        max_age,
        http_only: config.http_only,
        secure: config.secure,
        same_site: Some(config.same_site),
    }
}

/// The session that a request was made with. As an argument of a handler it refuses requests without one with 401.
#[derive(Debug)]
pub struct Authenticated {
    /// The user.
    pub user_id: Uuid,
    /// The session, just used.
    pub session: SessionRow,
}

/// Why a request has no session.
#[derive(Debug, thiserror::Error)]
#[error("no valid session")]
pub struct Unauthenticated {
    /// Removes the cookie of a session that expired because it was idle.
    pub set_cookie: Option<HeaderValue>,
    /// What went wrong while looking; the client is not told.
    #[source]
    pub cause: Option<SessionError>,
}

/// Finds the session of a request, and marks it as used now. A session that was idle for too long ends here.
///
/// # Errors
///
/// [`Unauthenticated`], whatever the reason.
pub async fn authenticate(call: Call<'_>) -> Result<Authenticated, Unauthenticated> {
    let tenant = call.tenant();
    let sessions = tenant.sessions();
    let config = &tenant.config.session;
    let mut refusal = Unauthenticated { set_cookie: None, cause: None };
    for candidate in candidates(call.headers(), config.cookie.effective_name()) {
        match sessions.accept(candidate.token).await {
            Ok(Verdict::Good(good)) => {
                return Ok(Authenticated { user_id: good.session.user_id.0, session: good.session });
            }
            Ok(Verdict::Idle(_)) => refusal.set_cookie = removed_session_cookie(config),
            Ok(Verdict::Unknown) => {}
            // Where the database does not answer, each other candidate would wait as long.
            Err(error) => {
                refusal.cause = Some(error);
                break;
            }
        }
    }
    Err(refusal)
}

impl From<Unauthenticated> for ApiError {
    fn from(refusal: Unauthenticated) -> Self {
        let error = Self::from_status(StatusCode::UNAUTHORIZED).with_cookie(refusal.set_cookie);
        match refusal.cause {
            Some(cause) => {
                tracing::error!(error = %cause, "a session could not be checked");
                error.because(cause)
            }
            None => error,
        }
    }
}

impl<'a> ApiExtractor<'a> for Authenticated {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register_security_schemes(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        SECURITY_SCHEMES.to_vec()
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        let call = <Call<'_> as FromRequest>::from_request(request, body).await?;
        Ok(authenticate(call).await.map_err(ApiError::from)?)
    }
}

/// The names of the ways to present a session.
pub const SECURITY_SCHEMES: [&str; 2] = ["session_cookie", "session_token"];

fn register_security_schemes(registry: &mut Registry) {
    let scheme = |ty, description| MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    let cookie = MetaSecurityScheme {
        name: Some("hanko"),
        key_in: Some("cookie"),
        ..scheme("apiKey", "The session cookie. Its name is `session.cookie.name` of the configuration.")
    };
    let token = MetaSecurityScheme {
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        ..scheme("http", "The session token. It is tried before the cookie.")
    };
    registry.create_security_scheme(SECURITY_SCHEMES[0], cookie);
    registry.create_security_scheme(SECURITY_SCHEMES[1], token);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(headers: &[(header::HeaderName, &str)]) -> Vec<(String, bool)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        candidates(&map, "hanko").map(|candidate| (candidate.token.to_owned(), candidate.from_cookie)).collect()
    }

    /// Covers API-083, API-085, SESS-26.
    #[test]
    fn tries_the_header_before_the_cookie() {
        let headers = [
            (header::COOKIE, "other=1; hanko=c1;hanko=c2"),
            (header::AUTHORIZATION, "bEARER  h1 "),
            (header::AUTHORIZATION, "Basic eDp5"),
            (header::AUTHORIZATION, "Bearerh2"),
            (header::COOKIE, "hankox=no; xhanko=no; hanko=c3"),
        ];
        let expected = [("h1", false), ("h2", false), ("c1", true), ("c2", true), ("c3", true)];
        assert_eq!(tokens(&headers), expected.map(|(token, from_cookie)| (token.to_owned(), from_cookie)));
    }

    #[test]
    fn ignores_what_is_no_token() {
        assert!(tokens(&[(header::AUTHORIZATION, "Bearer"), (header::COOKIE, "hanko")]).is_empty());
        assert!(tokens(&[(header::AUTHORIZATION, "Be")]).is_empty());
        assert_eq!(tokens(&[(header::COOKIE, "hanko=")]), [(String::new(), true)]);
    }

    #[test]
    fn looks_at_twenty_tokens_of_a_source() {
        let line = (0..25).map(|n| format!("hanko={n}")).collect::<Vec<_>>().join("; ");
        let found = tokens(&[(header::COOKIE, &line), (header::AUTHORIZATION, "Bearer a")]);
        assert_eq!(found.len(), 21);
    }

    /// Covers API-102, SESS-23.
    #[test]
    fn removes_the_cookie_with_the_attributes_it_was_set_with() {
        let mut config = config::Session::default();
        let shown = |config: &config::Session| removed_session_cookie(config).unwrap().to_str().unwrap().to_owned();
        assert_eq!(shown(&config), "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict");
        config.cookie.name = "session".into();
        config.cookie.domain = "example.com".into();
        config.cookie.secure = false;
        assert_eq!(shown(&config), "session=; Path=/; Domain=example.com; Max-Age=0; HttpOnly; SameSite=Strict");
    }

    /// Covers SESS-20, SESS-21.
    #[test]
    fn limits_the_cookie_to_the_lifespan_or_to_the_browser_session() {
        let config = config::Session::default();
        let shown = |ends| session_cookie(&config, "a.b.c", ends).unwrap().to_str().unwrap().to_owned();
        assert_eq!(shown(false), "hanko=a.b.c; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict");
        assert_eq!(shown(true), "hanko=a.b.c; Path=/; HttpOnly; Secure; SameSite=Strict");
    }
}
