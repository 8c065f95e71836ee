//! The languages that mails are written in, and how a request chooses one (spec chapter 06 section 5.4). Knows nothing
//! of the texts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language that every mail exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// English, the language of everybody who asks for none or for an unknown one.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Bengali.
    #[serde(rename = "bn")]
    Bengali,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
    /// Dutch.
    #[serde(rename = "nl")]
    Dutch,
    /// Polish.
    #[serde(rename = "pl")]
    Polish,
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR")]
    BrazilianPortuguese,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 9] = [
        Self::English,
        Self::Bengali,
        Self::German,
        Self::French,
        Self::Italian,
        Self::Dutch,
        Self::Polish,
        Self::BrazilianPortuguese,
        Self::Chinese,
    ];

    /// The language's tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Bengali => "bn",
            Self::German => "de",
            Self::French => "fr",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::BrazilianPortuguese => "pt-BR",
            Self::Chinese => "zh-CN",
        }
    }

    /// The language that the value of an `X-Language` header asks for: a tag, or a list of tags with weights as in
    /// `Accept-Language` (RFC 9110 section 12.5.4). The wish with the greatest weight that can be met wins, the earlier
    /// of two equal ones. English when none can be met.
    #[must_use]
    pub fn from_header(value: &str) -> Self {
        let mut best = (0, Self::default());
        for (tag, weight) in value.split(',').filter_map(wish) {
            if weight > best.0
                && let Some(language) = Self::from_tag(tag)
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// Only the primary language counts: no language is here in two scripts or regions, and a reader of another region
    /// is better served by it than by English.
    fn from_tag(tag: &str) -> Option<Self> {
        let primary = match tag.split(['-', '_']).next()? {
            // The frontend's own name for Brazilian Portuguese.
            joined if joined.eq_ignore_ascii_case("ptBR") => "pt",
            primary => primary,
        };
        Self::ALL.into_iter().find(|language| language.primary().eq_ignore_ascii_case(primary))
    }

    fn primary(self) -> &'static str {
        let tag = self.tag();
        tag.split_once('-').map_or(tag, |(primary, _)| primary)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// One element of the list: the tag and its weight in thousandths. `None` if the weight is malformed.
fn wish(element: &str) -> Option<(&str, u16)> {
    let mut parts = element.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?.parse::<f32>().ok()?;
            // In range, so that the conversion is exact to the thousandth.
            (0.0..=1.0).contains(&weight).then_some((weight * 1000.0).round() as u16)?
        }
    };
    Some((tag, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &str) -> &'static str {
        Language::from_header(header).tag()
    }

    #[test]
    fn takes_every_tag_by_its_name() {
        for language in Language::ALL {
            assert_eq!(chosen(language.tag()), language.tag());
            assert_eq!(chosen(&language.tag().to_uppercase()), language.tag());
        }
    }

    /// Covers MAIL-13.
    #[test]
    fn answers_in_english_when_no_wish_can_be_met() {
        for header in ["", " ", "ko", "xx-YY", "*", "???", ",;,", "de;q=x", "de;q=2", "de;q=-1", "de;level=1", "de;q=0"]
        {
            assert_eq!(chosen(header), "en", "{header:?}");
        }
    }

    #[test]
    fn takes_the_language_of_another_region_or_script() {
        for (header, tag) in
            [("de-AT", "de"), ("fr_CA", "fr"), ("en-US", "en"), ("zh-Hans-CN", "zh-CN"), ("pt-PT", "pt-BR")]
        {
            assert_eq!(chosen(header), tag, "{header:?}");
        }
    }

    /// Covers MAIL-14.
    #[test]
    fn takes_short_and_joined_names_of_chinese_and_brazilian_portuguese() {
        for (header, tag) in [("zh", "zh-CN"), ("pt", "pt-BR"), ("ptBR", "pt-BR"), ("ptbr", "pt-BR")] {
            assert_eq!(chosen(header), tag, "{header:?}");
        }
    }

    #[test]
    fn takes_the_weightiest_wish_that_can_be_met() {
        assert_eq!(chosen("ko, fr;q=0.5, de;q=0.8"), "de");
        assert_eq!(chosen("it, nl"), "it");
        assert_eq!(chosen("it;q=0.7,nl;q=0.7"), "it");
        assert_eq!(chosen("en;q=0.1 , pl ; q=0.25"), "pl");
        assert_eq!(chosen("ko;q=1.0,???,bn;q=0.001"), "bn");
    }
}
