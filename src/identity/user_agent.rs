//! Tells people which of their devices a `User-Agent` header belongs to. Only the common systems and browsers are known;
//! nothing may depend on the answer.

/// Operating systems by what marks them, the more special mark first.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("iPod", "iOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Browsers by what marks them. Most claim to be others too, so the order matters.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// `OS (BROWSER)`; what is not known is empty.
#[must_use]
pub fn described(header: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| header.contains(mark)).map(|(_, name)| *name).unwrap_or_default()
    };
    format!("{} ({})", named(SYSTEMS), named(BROWSERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers PROF-072.
    #[test]
    fn names_system_and_browser() {
        for (header, expected) in [
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/139.0.0.0 Safari/537.36",
                "macOS (Chrome)",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "iOS (Safari)",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 \
                 Safari/537.36 Edg/139.0.0.0",
                "Windows (Edge)",
            ),
            ("Mozilla/5.0 (Linux; Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0", "Android (Firefox)"),
            ("curl/8.5.0", " ()"),
            ("", " ()"),
        ] {
            assert_eq!(described(header), expected);
        }
    }
}
