//! What a walk reads and writes: a terminal, or a script on standard input. Knows nothing of flows.

use std::io::{self, BufRead, IsTerminal, Write};

/// The width for which everything is written.
pub(super) const WIDTH: usize = 80;

/// Standard input and output.
pub(super) struct Terminal {
    /// Whether a person answers. A script's answers are written too, so that the output reads as if a person had.
    pub(super) interactive: bool,
    /// How texts are emphasised.
    pub(super) paint: Paint,
}

/// Emphasis, on a terminal that shows colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn name(self, text: &str) -> String {
        self.with("36", text)
    }
}

impl Terminal {
    pub(super) fn new() -> Self {
        // https://no-color.org
        let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { interactive: io::stdin().is_terminal(), paint: Paint(io::stdout().is_terminal() && !colourless) }
    }

    /// Writes a text; it should end a line.
    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Asks for a line. `None` at the end of the input.
    pub(super) fn ask(&self, prompt: &str) -> io::Result<Option<String>> {
        self.say(prompt)?;
        let line = next_line()?;
        match &line {
            Some(line) if !self.interactive => self.say(&format!("{line}\n"))?,
            None => self.say("\n")?,
            Some(_) => {}
        }
        Ok(line)
    }

    /// Asks for a line that nobody may look at.
    pub(super) fn ask_secretly(&self, prompt: &str) -> io::Result<Option<String>> {
        if self.interactive {
            return match rpassword::prompt_password(prompt) {
                Ok(line) => Ok(Some(line)),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.say("\n")?;
                    Ok(None)
                }
                Err(error) => Err(error),
            };
        }
        self.say(prompt)?;
        let line = next_line()?;
        let hidden = line.as_ref().map_or_else(String::new, |line| "•".repeat(line.chars().count()));
        self.say(&format!("{hidden}\n"))?;
        Ok(line)
    }
}

fn next_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Breaks a text into lines of at most `width` characters, where it has spaces.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let length = lines[last].chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if length > 0 {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

/// The beginning of a text that is longer than `width` characters.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_lines_between_words() {
        assert_eq!(wrapped("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("a-word-that-is-too-long b", 5), ["a-word-that-is-too-long", "b"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn shortens_texts() {
        assert_eq!((shortened("äöü", 3), shortened("äöüß", 3)), ("äöü".into(), "äö…".into()));
    }
}
