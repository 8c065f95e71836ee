//! Cross-origin resource sharing of the public server (spec chapter 04 section 3.6, Fetch standard section 3.3).
//!
//! Written by hand because the rules differ from every ready-made layer: each OPTIONS request is a preflight and is
//! answered here with 204, a foreign origin is served without headers instead of being refused.

use poem::{
    Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
        },
    },
};

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const METHODS: HeaderValue = HeaderValue::from_static("GET,POST,PUT,PATCH,DELETE,OPTIONS");
const EXPOSED: &str = "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,X-Session-Lifetime,\
                       X-Session-Retention";
const EXPOSED_WITH_TOKEN: &str = "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,\
                                  X-Session-Lifetime,X-Session-Retention,X-Auth-Token";

/// An origin is scheme, host and port; nothing longer than this is matched against patterns (scheme `https://` and a
/// host name of at most 253 characters).
const LONGEST_PATTERN_ORIGIN: usize = 261;

/// The rules of one tenant.
#[derive(Debug)]
pub struct Cors {
    allowed: Vec<String>,
    any_origin_with_credentials: bool,
    exposed: HeaderValue,
}

impl Cors {
    /// The rules of `cors.*`; `token_header` is `session.enable_auth_token_header`.
    #[must_use]
    pub fn new(allowed: Vec<String>, any_origin_with_credentials: bool, token_header: bool) -> Self {
        let exposed = if token_header { EXPOSED_WITH_TOKEN } else { EXPOSED };
        Self { allowed, any_origin_with_credentials, exposed: HeaderValue::from_static(exposed) }
    }

    /// The value of `Access-Control-Allow-Origin` for a request with these headers; `None` when its origin may not
    /// read the answer.
    #[must_use]
    pub fn allow(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        let text = origin.to_str().ok().filter(|text| !text.is_empty())?;
        for entry in &self.allowed {
            if entry == "*" {
                return Some(if self.any_origin_with_credentials { origin.clone() } else { ANY });
            }
            if entry == text || matches_subdomain(entry, text) {
                return Some(origin.clone());
            }
        }
        let pattern_may_match = text.len() <= LONGEST_PATTERN_ORIGIN && text.contains("://");
        (pattern_may_match && self.allowed.iter().any(|entry| matches_pattern(entry.as_bytes(), text.as_bytes())))
            .then(|| origin.clone())
    }

    /// The answer to an OPTIONS request.
    #[must_use]
    pub fn preflight(&self, request: &HeaderMap) -> Response {
        let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allow(request) {
            headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Method"));
            headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            if let Some(wanted) = request.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|wanted| !wanted.is_empty()) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
        response
    }

    /// Marks an answer to any other request; `origin` is what [`Cors::allow`] said to that request.
    pub fn mark(&self, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        }
    }
}

/// Rule 4: same scheme, and the labels agree from the right up to a `*`, which stands for all the rest.
fn matches_subdomain(entry: &str, origin: &str) -> bool {
    let (Some((entry_scheme, entry)), Some((scheme, host))) = (entry.split_once("://"), origin.split_once("://"))
    else {
        return false;
    };
    if entry_scheme != scheme {
        return false;
    }
    let mut labels = host.rsplit('.');
    for expected in entry.rsplit('.') {
        match labels.next() {
            Some(_) if expected == "*" => return true,
            Some(label) if label == expected => {}
            _ => return false,
        }
    }
    false
}

/// Rule 5: `*` stands for any text, `?` for one character, everything else for itself; both ends are anchored.
fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut retry = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at, seen));
                at += 1;
            }
            Some(&expected) if expected == b'?' || expected == text[seen] => {
                at += 1;
                seen += 1;
            }
            // The last `*` takes one character more, and the rest is tried again.
            _ => match retry {
                Some((star, taken)) => {
                    retry = Some((star, taken + 1));
                    at = star + 1;
                    seen = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(allowed: &[&str]) -> Cors {
        Cors::new(allowed.iter().map(ToString::to_string).collect(), false, false)
    }

    fn from(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(origin).unwrap())])
    }

    fn allows(entry: &str, origin: &str) -> bool {
        cors(&[entry]).allow(&from(origin)).is_some_and(|value| value == origin)
    }

    fn header<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn compares_an_entry_without_wildcard_to_the_letter() {
        assert!(allows("http://localhost:8888", "http://localhost:8888"));
        assert!(!allows("http://localhost:8888", "http://localhost:8888/"));
        assert!(!allows("http://localhost:8888", "HTTP://localhost:8888"));
        assert!(!allows("http://localhost:8888", "null"));
        assert!(!allows("http://a.example", "http://axexample"));
    }

    /// Covers API-072, API-073.
    #[test]
    fn lets_a_star_stand_for_the_labels_of_a_subdomain() {
        assert!(allows("https://*.example.org", "https://a.example.org"));
        assert!(allows("https://*.example.org", "https://a.b.example.org"));
        assert!(!allows("https://*.example.org", "https://example.org"));
        assert!(!allows("https://*.example.org", "https://example.org.evil.test"));
        assert!(!allows("https://*.example.org", "http://a.example.org"));
        assert!(!allows("https://*.example.org", "https://evilexample.org"));
    }

    /// Covers API-074.
    #[test]
    fn lets_a_question_mark_stand_for_exactly_one_character() {
        assert!(allows("https://app?.example.org", "https://app1.example.org"));
        assert!(!allows("https://app?.example.org", "https://app.example.org"));
        assert!(!allows("https://app?.example.org", "https://app12.example.org"));
    }

    #[test]
    fn lets_a_star_stand_for_any_text_inside_a_pattern() {
        assert!(allows("http://localhost:*", "http://localhost:5173"));
        assert!(allows("https://*-preview.example.*", "https://a-b-preview.example.com"));
        assert!(!allows("https://*-preview.example.com", "https://preview.example.com"));
        let long = format!("https://{}.example.com:1", "a".repeat(300));
        assert!(!allows("https://a*:1", &long));
    }

    /// Covers API-075.
    #[test]
    fn echoes_any_origin_only_where_that_was_asked_for() {
        let any = |unsafe_wildcard| Cors::new(vec!["*".into()], unsafe_wildcard, false).allow(&from("https://a.test"));
        assert_eq!(any(true).unwrap(), "https://a.test");
        assert_eq!(any(false).unwrap(), "*");
    }

    #[test]
    fn treats_an_empty_list_as_no_access_from_elsewhere() {
        assert_eq!(cors(&[]).allow(&from("http://localhost:8888")), None);
    }

    /// Covers API-059, API-060, API-061, API-062, API-063, API-064.
    #[test]
    fn answers_a_preflight_from_an_allowed_origin() {
        let mut request = from("http://localhost:8888");
        let plain = cors(&["http://localhost:8888"]).preflight(&request);
        assert!(header(&plain, "access-control-allow-headers").is_empty());
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("content-type,x-language"));
        let response = cors(&["http://localhost:8888"]).preflight(&request);
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(
            header(&response, "vary"),
            ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
        );
        assert_eq!(header(&response, "access-control-allow-origin"), ["http://localhost:8888"]);
        assert_eq!(header(&response, "access-control-allow-credentials"), ["true"]);
        assert_eq!(header(&response, "access-control-allow-methods"), ["GET,POST,PUT,PATCH,DELETE,OPTIONS"]);
        assert_eq!(header(&response, "access-control-allow-headers"), ["content-type,x-language"]);
        assert_eq!(header(&response, "access-control-max-age"), ["7200"]);
        assert!(header(&response, "access-control-expose-headers").is_empty());
    }

    /// Covers API-065.
    #[test]
    fn answers_a_preflight_from_elsewhere_without_headers() {
        let response = cors(&["http://localhost:8888"]).preflight(&from("https://evil.example"));
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(response.headers().len(), 1);
        assert_eq!(header(&response, "vary"), ["Origin"]);
    }

    /// Covers API-067, API-068, PROTO-198.
    #[test]
    fn names_the_token_header_exactly_when_it_is_in_use() {
        for (token_header, expected) in [(false, EXPOSED.to_owned()), (true, format!("{EXPOSED},X-Auth-Token"))] {
            let cors = Cors::new(vec!["http://a.test".into()], false, token_header);
            let mut response = Response::default();
            cors.mark(cors.allow(&from("http://a.test")), response.headers_mut());
            assert_eq!(header(&response, "access-control-expose-headers"), [expected]);
            assert_eq!(header(&response, "access-control-allow-credentials"), ["true"]);
        }
    }
}
