//! Which return URLs are allowed: the patterns of `third_party` and `saml` (spec chapter 07, section 5; chapter 09,
//! section 2.11). A one-time token travels to these URLs, so a pattern must never match another host than it shows.

mod glob;
mod host;

use glob::Glob;
pub use glob::PatternError;
use host::Boundary;
use url::Url;

/// Schemes that make a browser or a phone run or show what the URL itself carries.
const NEVER: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// Schemes whose URLs have a host: these never match as mere text.
const WEB: [&str; 2] = ["http", "https"];

/// A compiled list of allowed return URLs.
#[derive(Debug, Clone, Default)]
pub struct Redirects {
    patterns: Vec<Pattern>,
}

/// One pattern, with its alternatives (`{a,b}`) spelled out.
#[derive(Debug, Clone)]
struct Pattern {
    /// The text itself, when it has no wildcard: it allows exactly that URL of an app.
    literal: Option<String>,
    alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone)]
struct Alternative {
    glob: Glob,
    boundary: Boundary,
}

impl Redirects {
    /// Compiles patterns; blank ones are left out.
    ///
    /// # Errors
    ///
    /// When a pattern does not follow the syntax.
    pub fn compile<'a, T: AsRef<str> + 'a>(patterns: impl IntoIterator<Item = &'a T>) -> Result<Self, PatternError> {
        let texts = patterns.into_iter().map(AsRef::as_ref).filter(|text| !text.is_empty());
        Ok(Self { patterns: texts.map(Pattern::compile).collect::<Result<_, _>>()? })
    }

    /// Whether a user may be sent to `url`. One trailing slash of the URL is ignored.
    #[must_use]
    pub fn allow(&self, url: &str) -> bool {
        let url = url.strip_suffix('/').unwrap_or(url);
        // Browsers drop or reinterpret these characters, so what is matched would not be what is visited.
        if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return false;
        }
        let Ok(parsed) = Url::parse(url) else { return false };
        if NEVER.contains(&parsed.scheme()) {
            return false;
        }
        self.patterns.iter().any(|pattern| pattern.allows(url, &parsed))
    }
}

/// Whether `pattern` compiles but matches nothing at all, so that its author should be told.
///
/// # Errors
///
/// When the pattern does not follow the syntax.
pub(super) fn matches_nothing(pattern: &str) -> Result<bool, PatternError> {
    let pattern = Pattern::compile(pattern)?;
    let app = pattern.literal.as_ref().and_then(|text| Url::parse(text).ok()).is_some_and(|url| is_app(&url));
    Ok(!app && pattern.alternatives.iter().all(|alternative| alternative.boundary == Boundary::Nothing))
}

fn is_app(url: &Url) -> bool {
    !NEVER.contains(&url.scheme()) && !WEB.contains(&url.scheme())
}

impl Pattern {
    fn compile(text: &str) -> Result<Self, PatternError> {
        let literal = (!text.contains(['*', '?', '[', '{', '\\'])).then(|| text.to_owned());
        let alternatives = glob::alternatives(text)?;
        let alternatives = alternatives.iter().map(|text| {
            let glob = Glob::compile(text, &['.', '/'])?;
            Ok(Alternative { glob, boundary: Boundary::of(text)? })
        });
        Ok(Self { literal, alternatives: alternatives.collect::<Result<_, _>>()? })
    }

    fn allows(&self, url: &str, parsed: &Url) -> bool {
        (is_app(parsed) && self.literal.as_deref() == Some(url))
            || self.alternatives.iter().any(|one| one.glob.matches(url) && one.boundary.holds(url, parsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, url: &str) -> bool {
        Redirects::compile(&[pattern]).unwrap().allow(url)
    }

    /// Covers TP-95, TP-97, TP-98.
    #[test]
    fn follows_the_table_of_the_specification() {
        for (pattern, url, expected) in [
            ("https://app.example.org", "https://app.example.org/", true),
            ("https://*.example.org", "https://a.example.org", true),
            ("https://*.example.org", "https://a.b.example.org", false),
            ("https://*.example.org", "https://example.org", false),
            ("https://*.example.org", "https://xexample.org", false),
            ("https://*.example.org", "https://a.example.org.evil.test", false),
            ("https://**.example.org", "https://a.b.example.org", true),
            ("https://**.example.org", "https://example.org", false),
            ("https://*.example.org**", "https://a.example.org/cb?x=1", true),
            ("https://*.example.org**", "https://a.example.org.evil.test", false),
            ("http://10.0.0.7**", "http://10.0.0.7/x/y", true),
            ("http://10.0.0.7**", "http://10.0.0.7.evil.test", false),
            ("http://10.0.0.7**[a-z]", "http://10.0.0.7.evil.test", false),
            ("http://10.0.0.7**.*", "http://10.0.0.7.evil.test", false),
            ("http://10.0.*.*/**", "http://10.0.3.9/x", true),
            ("http://10.0.*.*/**", "http://10.0.3.9.evil.test/x", false),
            ("https://a.*.example.org", "https://a.x.example.org", true),
            ("https://a.*.example.org", "https://a.x.y.example.org", false),
            ("https://a.**.example.org", "https://a.x.y.example.org", true),
            ("https://a-*.example.org", "https://a-7.example.org", true),
            ("http://localhost:8888**", "http://localhost:8888/p", true),
            ("http://localhost:8888**", "http://localhost:9999/p", false),
            ("http://localhost:8888**", "http://localhost/p", false),
            ("http://localhost**", "http://localhost:3000/p", true),
            ("http://app.example.org", "https://app.example.org", false),
            ("https://app.example.org/*", "https://app.example.org/one", true),
            ("https://app.example.org/*", "https://app.example.org/one/two", false),
            ("https://app.example.org/**", "https://app.example.org/one/two", true),
            ("https://app.example.org**/t", "https://app.example.org.evil.test/t", false),
            ("javascript:alert(1)", "javascript:alert(1)", false),
            ("https://app.example.org/err", "https://app.example.org/err/", true),
        ] {
            assert_eq!(allows(pattern, url), expected, "{pattern} {url}");
        }
        for url in ["//app.example.org", "/x", "https:///x", "file:///x", "data:text/html,x", ""] {
            for pattern in ["**", "*", "https://app.example.org/**", "https://**", url] {
                assert!(!allows(pattern, url), "{pattern} {url}");
            }
        }
    }

    /// Covers V2-063, V2-064, V2-065, V2-066.
    #[test]
    fn keeps_app_schemes_and_alternatives_without_their_dangers() {
        assert!(allows("myapp://auth", "myapp://auth"));
        for other in ["myapp://auth/x", "myapp://other", "myapp://auth.evil.test", "otherapp://auth"] {
            assert!(!allows("myapp://auth", other), "{other}");
        }
        assert!(!allows("javascript:alert(1)", "javascript:alert(1)"));
        assert!(!allows("JavaScript:alert(1)", "JavaScript:alert(1)"));
        assert!(!allows("http://127.0.0.1**", "http://127.0.0.1.evil.test/"));
        assert!(allows("https://{a,b}.example.com", "https://a.example.com"));
        assert!(allows("https://{a,b}.example.com", "https://b.example.com"));
        assert!(!allows("https://{a,b}.example.com", "https://c.example.com"));
    }

    /// Covers V2-067.
    #[test]
    fn knows_the_patterns_that_match_nothing() {
        for pattern in ["**", "myapp://**", "*", "://x", "javascript:alert(1)", "data://**", "https://**", "http://?"] {
            assert_eq!(matches_nothing(pattern), Ok(true), "{pattern}");
            for url in ["https://example.com/x", "myapp://x", "http://127.0.0.1"] {
                assert!(!allows(pattern, url), "{pattern} {url}");
            }
        }
        for pattern in ["https://example.com/**", "myapp://auth", "https://*.example.com", "http://localhost:8888**"] {
            assert_eq!(matches_nothing(pattern), Ok(false), "{pattern}");
        }
    }

    /// Covers TP-99, TP-100.
    #[test]
    fn compares_the_host_that_is_visited() {
        for url in [
            "https://app.example.org@evil.test",
            "https://app.example.org:x@evil.test/",
            "https://app.example.org\\@evil.test",
            "https://app.example.org\t.evil.test",
            "https://evil.test/?https://app.example.org",
            "https://evil.test#app.example.org",
        ] {
            assert!(!allows("https://app.example.org**", url), "{url}");
            assert!(!allows("https://**app.example.org**", url), "{url}");
        }
        assert!(allows("https://App.example.org./*", "https://App.example.org./x"));
        assert!(allows("https://A[pP]p.example.org", "https://App.example.org"));
        assert!(!allows("https://app.example.org**", "https://user@app.example.org/x"));
    }
}
