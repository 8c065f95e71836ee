//! The glob language of redirect patterns (spec chapter 05, section 1.6). Knows no URLs.

use std::fmt;

/// How many alternatives a pattern may spell out.
const MOST_ALTERNATIVES: usize = 256;

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PatternError {
    problem: &'static str,
}

const fn error(problem: &'static str) -> PatternError {
    PatternError { problem }
}

/// A pattern without alternatives.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    separators: Vec<char>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Run,
    /// `**`
    LongRun,
    /// `[…]`: ranges, and whether they are excluded.
    Set(Vec<(char, char)>, bool),
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.fmt(f)
    }
}

impl Glob {
    /// Compiles a pattern whose alternatives have been spelled out. `*` and `?` stop at `separators`.
    pub(super) fn compile(text: &str, separators: &[char]) -> Result<Self, PatternError> {
        let mut tokens = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '\\' => Token::Literal(rest.next().ok_or(error("ends with a backslash"))?),
                '?' => Token::One,
                '*' => {
                    let mut stars = 1;
                    while rest.next_if_eq(&'*').is_some() {
                        stars += 1;
                    }
                    if stars == 1 { Token::Run } else { Token::LongRun }
                }
                '[' => set(&mut rest)?,
                _ => Token::Literal(c),
            });
        }
        Ok(Self { tokens, separators: separators.to_vec() })
    }

    /// Whether the whole of `text` matches. Takes time in proportion to the product of both lengths at most.
    pub(super) fn matches(&self, text: &str) -> bool {
        // reached[i]: the first i tokens match what was read so far.
        let mut reached = vec![false; self.tokens.len() + 1];
        reached[0] = true;
        self.skip_runs(&mut reached);
        for c in text.chars() {
            let mut next = vec![false; reached.len()];
            for (index, token) in self.tokens.iter().enumerate().filter(|(index, _)| reached[*index]) {
                if !self.accepts(token, c) {
                    continue;
                }
                let stays = matches!(token, Token::Run | Token::LongRun);
                next[if stays { index } else { index + 1 }] = true;
            }
            self.skip_runs(&mut next);
            reached = next;
        }
        reached.last() == Some(&true)
    }

    /// A run may be empty: who stands before it also stands behind it.
    fn skip_runs(&self, reached: &mut [bool]) {
        for (index, token) in self.tokens.iter().enumerate() {
            if reached[index] && matches!(token, Token::Run | Token::LongRun) {
                reached[index + 1] = true;
            }
        }
    }

    fn accepts(&self, token: &Token, c: char) -> bool {
        match token {
            Token::Literal(literal) => *literal == c,
            Token::One | Token::Run => !self.separators.contains(&c),
            Token::LongRun => true,
            Token::Set(ranges, excluded) => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *excluded,
        }
    }
}

/// Reads what follows `[`.
fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, PatternError> {
    const UNCLOSED: PatternError = error("has a [ that is not closed");
    let excluded = rest.next_if_eq(&'!').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match rest.next().ok_or(UNCLOSED)? {
            ']' if ranges.is_empty() => return Err(error("has a [] with nothing in it")),
            ']' => return Ok(Token::Set(ranges, excluded)),
            '\\' => rest.next().ok_or(UNCLOSED)?,
            c => c,
        };
        let mut high = low;
        if rest.next_if_eq(&'-').is_some() {
            high = rest.next().ok_or(UNCLOSED)?;
            if high == ']' {
                return Err(error("has a range in [] without an end"));
            }
        }
        if high < low {
            return Err(error("has a range in [] that runs backwards"));
        }
        ranges.push((low, high));
    }
}

/// Spells out the alternatives `{a,b}` of a pattern, nested ones too.
pub(super) fn alternatives(text: &str) -> Result<Vec<String>, PatternError> {
    let mut done = Vec::new();
    let mut waiting = vec![text.to_owned()];
    while let Some(text) = waiting.pop() {
        match first_braces(&text)? {
            None => done.push(text),
            Some(Braces { before, options, after }) => {
                waiting.extend(options.iter().rev().map(|option| format!("{before}{option}{after}")));
            }
        }
        if done.len() + waiting.len() > MOST_ALTERNATIVES {
            return Err(error("has too many alternatives"));
        }
    }
    Ok(done)
}

/// A `{…}` and the text around it.
struct Braces<'a> {
    before: &'a str,
    options: Vec<&'a str>,
    after: &'a str,
}

/// Finds the first outermost `{…}`.
fn first_braces(text: &str) -> Result<Option<Braces<'_>>, PatternError> {
    let (mut start, mut option, mut depth, mut in_set) = (0, 0, 0_usize, false);
    let mut options = Vec::new();
    let mut characters = text.char_indices();
    while let Some((index, c)) = characters.next() {
        match c {
            '\\' => {
                characters.next();
            }
            ']' => in_set = false,
            _ if in_set => {}
            '[' => in_set = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    (start, option) = (index, index + 1);
                }
            }
            ',' if depth == 1 => {
                options.push(&text[option..index]);
                option = index + 1;
            }
            '}' if depth == 1 => {
                options.push(&text[option..index]);
                return Ok(Some(Braces { before: &text[..start], options, after: &text[index + 1..] }));
            }
            '}' if depth > 1 => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 { Err(error("has a { that is not closed")) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let spelled = alternatives(pattern).unwrap();
        spelled.iter().any(|pattern| Glob::compile(pattern, &['.', '/']).unwrap().matches(text))
    }

    /// Covers POST-15.
    #[test]
    fn a_star_stops_at_separators_and_two_do_not() {
        assert!(matches("https://*.x", "https://ab.x"));
        assert!(matches("https://*.x", "https://.x"));
        assert!(!matches("https://*.x", "https://a.b.x"));
        assert!(!matches("https://*", "https://a/b"));
        assert!(matches("https://**", "https://a.b/c"));
        assert!(matches("**", ""));
        assert!(matches("a**b***c", "a./b/.c"));
    }

    #[test]
    fn matches_single_characters_sets_and_alternatives() {
        for (pattern, text, expected) in [
            ("a?c", "abc", true),
            ("a?c", "a.c", false),
            ("a?c", "ac", false),
            ("[abc]", "b", true),
            ("[abc]", "d", false),
            ("[a-c0-9]", "5", true),
            ("[!a-c]", "b", false),
            ("[!a-c]", "d", true),
            ("[\\]]", "]", true),
            ("{a,bc}d", "bcd", true),
            ("{a,bc}d", "abcd", false),
            ("{a,{b,c}x}", "cx", true),
            ("{,a}b", "b", true),
            ("[{]{a,b}", "{a", true),
            ("\\{a\\}", "{a}", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a,b}", "a,b}", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        for pattern in ["[", "[a", "[]", "[a-", "[a-]", "[z-a]", "\\", "[\\", "a["] {
            assert!(Glob::compile(pattern, &[]).is_err(), "{pattern}");
        }
        for pattern in ["{", "{a,b", "{a,{b}"] {
            assert!(alternatives(pattern).is_err(), "{pattern}");
        }
        assert!(alternatives(&"{a,b}".repeat(8)).is_ok());
        assert!(alternatives(&"{a,b}".repeat(9)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_a_literal_matches_only_itself(pattern in "\\PC{0,12}", text in "\\PC{0,12}") {
            for spelled in alternatives(&pattern).into_iter().flatten() {
                if let Ok(glob) = Glob::compile(&spelled, &['.', '/']) {
                    let literal = !pattern.contains(['*', '?', '[', '{', '\\']);
                    prop_assert!(!literal || glob.matches(&pattern));
                    prop_assert!(!literal || pattern == text || !glob.matches(&text));
                }
            }
        }
    }
}
