//! The text of an argument, token by token.

use crate::text::{self, Unit};
use std::fmt;

/// Text that is not a value of its type, and where.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) at: usize,
}

pub(crate) type Read<T> = Result<T, Wrong>;

pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// Where the next token starts, or the space before it.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    /// Letters, digits and what else numbers consist of; may be empty.
    pub(crate) fn word(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let inside = |c: char| c.is_alphanumeric() || "_+-.".contains(c);
        &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())]
    }

    pub(crate) fn wrong<T>(&self, at: usize, message: impl fmt::Display) -> Read<T> {
        let message = message.to_string();
        Err(Wrong { message, at })
    }

    pub(crate) fn expected(&mut self, what: impl fmt::Display) -> Wrong {
        let found = match (self.word(), self.peek()) {
            ("", None) if self.text.trim().is_empty() => "nothing".to_owned(),
            ("", None) => "the end".to_owned(),
            ("", Some(c)) => format!("`{c}`"),
            (word, _) => format!("`{word}`"),
        };
        Wrong {
            message: format!("expected {what}, found {found}"),
            at: self.at,
        }
    }

    pub(crate) fn separator(&mut self, expected: impl fmt::Display) -> Read<()> {
        if self.eat(',') {
            return Ok(());
        }
        Err(self.expected(expected))
    }

    /// The end of a list, before which C allows a comma.
    pub(crate) fn close(&mut self, bracket: char) -> Read<()> {
        self.eat(',');
        if self.eat(bracket) {
            return Ok(());
        }
        Err(self.expected(format!("`{bracket}`")))
    }

    /// A text in double quotes.
    pub(crate) fn string(&mut self) -> Read<Vec<u8>> {
        let mut bytes = Vec::new();
        for unit in self.quoted('"')? {
            match unit {
                Unit::Byte(byte) => bytes.push(byte),
                Unit::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        Ok(bytes)
    }

    /// A character in single quotes, as its number.
    pub(crate) fn character(&mut self) -> Read<i64> {
        let start = self.at;
        match self.quoted('\'')?[..] {
            [Unit::Byte(byte)] => Ok(byte.into()),
            [Unit::Char(c)] => Ok(u32::from(c).into()),
            _ => self.wrong(start, "expected one character between the quotes"),
        }
    }

    fn quoted(&mut self, quote: char) -> Read<Vec<Unit>> {
        let start = self.at;
        self.at += 1;
        let mut units = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            match rest.chars().next() {
                None => return self.wrong(start, format!("the closing {quote} is missing")),
                Some('\\') => {
                    let (unit, len) = text::unescape(&rest[1..])
                        .or_else(|message| self.wrong(self.at, message))?;
                    units.push(unit);
                    self.at += 1 + len;
                }
                Some(c) => {
                    self.at += c.len_utf8();
                    if c == quote {
                        return Ok(units);
                    }
                    units.push(Unit::Char(c));
                }
            }
        }
    }
}
