//! Places in a text, and how they are shown.
//!
//! Guarantee: an excerpt is two short lines without control characters, whatever the text holds.
#![forbid(unsafe_code)]

use super::SyntaxError;
use crate::error::TypeError;

/// What a step of the parser gives.
pub(super) type Parse<T> = Result<T, Box<SyntaxError>>;

/// A piece of the text, as byte offsets on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// From the start of this one to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self {
            start: self.start,
            end: last.end.max(self.end),
        }
    }
}

/// The characters of a line that are shown, and those of them before the place.
const SHOWN: usize = 100;
const BEFORE: usize = 60;

/// The error `message` at `span` of `text`.
#[cold]
pub(super) fn error(text: &str, span: Span, message: impl Into<String>) -> Box<SyntaxError> {
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[line_start..];
    let line = rest.split('\n').next().unwrap_or(rest);
    let before = text[line_start..span.start].chars().count();
    let marked = text[span.start..span.end].split('\n').next().unwrap_or("");
    Box::new(SyntaxError {
        message: message.into(),
        line: text[..line_start].matches('\n').count() + 1,
        column: before + 1,
        excerpt: excerpt(line.trim_end(), before, marked.trim_end().chars().count()),
        cause: None,
    })
}

/// The error `cause` at `span` of `text`.
#[cold]
pub(super) fn type_error(text: &str, span: Span, cause: TypeError) -> Box<SyntaxError> {
    let mut error = error(text, span, cause.to_string());
    error.cause = Some(cause);
    error
}

/// The line, cut to its part around the place, over `^~~~`; nothing for an empty line.
fn excerpt(line: &str, before: usize, marked: usize) -> String {
    if line.is_empty() {
        return String::new();
    }
    let skipped = before.saturating_sub(BEFORE);
    let mut shown = String::from(if skipped > 0 { "  …" } else { "  " });
    let mut marker = shown.replace('…', " ");
    let mut rest = line.chars().skip(skipped);
    for (index, character) in rest.by_ref().take(SHOWN).enumerate() {
        let width = push_visible(&mut shown, character);
        let position = skipped + index;
        let mark = match position {
            _ if position < before => " ",
            _ if position == before => "^",
            _ if position < before + marked => "~",
            _ => "",
        };
        marker.push_str(mark);
        if !mark.is_empty() {
            let fill = if mark == " " || position + 1 >= before + marked {
                " "
            } else {
                "~"
            };
            marker.push_str(&fill.repeat(width - 1));
        }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    if !marker.contains('^') {
        marker.push('^');
    }
    format!("{}\n{}", shown.trim_end(), marker.trim_end())
}

/// Appends `character` as something visible of known width, which is returned.
fn push_visible(shown: &mut String, character: char) -> usize {
    match character {
        '\t' => {
            shown.push_str("    ");
            return 4;
        }
        // Characters without a width, or that turn the direction of the line.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            shown.push('\u{fffd}');
        }
        '\u{feff}' | '\u{61c}' => shown.push('\u{fffd}'),
        _ if character.is_control() => shown.push('\u{fffd}'),
        _ => shown.push(character),
    }
    1
}
