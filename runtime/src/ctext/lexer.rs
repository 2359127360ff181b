//! Text → tokens.
//!
//! Guarantee: every token is a non-empty piece of the text on character boundaries, except the
//! last one, [`Kind::End`]; each call does work in proportion to the text it passes.
#![forbid(unsafe_code)]

use super::source::{self, Parse, Span};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// A number, not yet read.
    Number,
    /// A character constant with its quotes.
    Char,
    /// A string literal with its quotes.
    Text,
    /// Punctuation.
    Mark,
    /// A line that begins with `#`.
    Directive,
    /// The end of the text.
    End,
}

/// A token and its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Punctuation of more than one character, longest first.
const MARKS: [&str; 24] = [
    "...", "<<=", ">>=", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "::", "->", "++", "--",
    "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##",
];

/// The reader's place in a text.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    /// Nothing but blanks since the start of the line.
    fresh: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            end: text.len(),
            fresh: true,
        }
    }

    /// A reader of the inside of a directive.
    pub(super) fn within(text: &'t str, span: Span) -> Self {
        Self {
            text,
            at: span.start,
            end: span.end,
            fresh: false,
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    fn byte(&self, ahead: usize) -> u8 {
        let bytes = &self.text.as_bytes()[..self.end];
        bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn error<T>(&self, start: usize, len: usize, message: impl Into<String>) -> Parse<T> {
        let span = Span {
            start,
            end: start + len,
        };
        Err(source::error(self.text, span, message))
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Parse<Token> {
        self.skip_blanks()?;
        let fresh = std::mem::replace(&mut self.fresh, false);
        let start = self.at;
        let kind = match self.byte(0) {
            _ if start == self.end => Kind::End,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.word_or_prefixed()?,
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            quote @ (b'\'' | b'"') => self.quoted(quote, 0)?,
            b'#' if fresh => self.directive(),
            _ => self.mark()?,
        };
        let span = Span {
            start,
            end: self.at,
        };
        Ok(Token { kind, span })
    }

    fn skip_blanks(&mut self) -> Parse<()> {
        loop {
            match (self.byte(0), self.byte(1)) {
                (b'\n', _) => {
                    self.at += 1;
                    self.fresh = true;
                }
                (b' ' | b'\t' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'/', b'/') => self.at += logical_line(self.rest()),
                (b'/', b'*') => match self.rest()[2..].find("*/") {
                    Some(len) => self.at += len + 4,
                    None => return self.error(self.at, 2, "this comment has no end; add `*/`"),
                },
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'\r') if self.byte(2) == b'\n' => self.at += 3,
                _ => return Ok(()),
            }
        }
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) {
        let rest = self.rest().as_bytes();
        self.at += rest.iter().position(|&b| !accept(b)).unwrap_or(rest.len());
    }

    fn word_or_prefixed(&mut self) -> Parse<Kind> {
        let start = self.at;
        self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
        match (&self.text[start..self.at], self.byte(0)) {
            ("L" | "u" | "U" | "u8", quote @ (b'\'' | b'"')) => self.quoted(quote, start),
            _ => Ok(Kind::Word),
        }
    }

    /// A preprocessing number (C11 section 6.4.8): its parts are judged when its value is needed.
    fn number(&mut self) -> Kind {
        loop {
            self.take_while(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
            let last = self.text.as_bytes()[self.at - 1];
            let separator = self.byte(0) == b'\'' && self.byte(1).is_ascii_alphanumeric();
            match self.byte(0) {
                b'+' | b'-' if matches!(last, b'e' | b'E' | b'p' | b'P') => self.at += 1,
                _ if separator => self.at += 1,
                _ => return Kind::Number,
            }
        }
    }

    fn quoted(&mut self, quote: u8, prefix: usize) -> Parse<Kind> {
        let start = if prefix > 0 { prefix } else { self.at };
        self.at += 1;
        loop {
            self.take_while(|b| b != quote && b != b'\\' && b != b'\n');
            match self.byte(0) {
                b'\\' => {
                    let escaped = self.rest()[1..].chars().next();
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                }
                byte if byte == quote && self.at < self.end => break,
                _ => {
                    let message = format!("this quote has no end; add `{}`", char::from(quote));
                    return self.error(start, 1, message);
                }
            }
        }
        self.at += 1;
        Ok(if quote == b'"' {
            Kind::Text
        } else {
            Kind::Char
        })
    }

    fn directive(&mut self) -> Kind {
        self.at += logical_line(self.rest());
        Kind::Directive
    }

    fn mark(&mut self) -> Parse<Kind> {
        let rest = self.rest();
        if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            self.at += mark.len();
            return Ok(Kind::Mark);
        }
        let character = rest.chars().next().unwrap_or('\0');
        let message = match character {
            '\0' => "a NUL byte; C text ends before it".to_owned(),
            '!'..='~' if !"`@\\".contains(character) => {
                self.at += 1;
                return Ok(Kind::Mark);
            }
            '!'..='~' => format!("`{character}` has no meaning in a C declaration"),
            _ if character.is_alphanumeric() => format!(
                "`{character}` (U+{:04X}) is not ASCII; C names are written in ASCII",
                u32::from(character)
            ),
            _ => format!(
                "the character U+{:04X} has no meaning in a C declaration",
                u32::from(character)
            ),
        };
        self.error(self.at, character.len_utf8(), message)
    }
}

/// The length of the line at the start of `text`, with its continuations.
fn logical_line(text: &str) -> usize {
    let mut end = 0;
    loop {
        match text[end..].find('\n') {
            None => return text.len(),
            Some(len) => {
                let line = &text[end..end + len];
                let line = line.strip_suffix('\r').unwrap_or(line);
                if !line.ends_with('\\') {
                    return end + len;
                }
                end += len + 1;
            }
        }
    }
}
