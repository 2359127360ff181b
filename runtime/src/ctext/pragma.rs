//! Lines that begin with `#`.
//!
//! Guarantee: a line that changes layouts is obeyed or refused; only lines without a meaning for
//! types are passed over.
#![forbid(unsafe_code)]

use super::lexer::{Kind, Lexer, Token};
use super::literal;
use super::parser::Parser;
use super::source::{Parse, Span};

/// The deepest stack of `#pragma pack(push)`.
const MAX_STACK: usize = 1024;

/// The state of `#pragma pack`: the bound on the alignment of fields.
#[derive(Default)]
pub(super) struct Packing {
    pub(super) current: Option<u64>,
    stack: Vec<Option<u64>>,
}

/// The tokens of one directive.
struct Line<'t, 'p> {
    parser: &'p Parser<'t>,
    reader: Lexer<'t>,
    token: Token,
}

impl<'t> Line<'t, '_> {
    fn text(&self) -> &'t str {
        self.parser.text(self.token.span)
    }

    fn bump(&mut self) -> Parse<&'t str> {
        self.token = self.reader.next()?;
        Ok(self.text())
    }
}

impl Parser<'_> {
    /// Obeys the directive at `span`.
    pub(super) fn directive(&mut self, span: Span) -> Parse<()> {
        let inside = Span {
            start: span.start + 1,
            end: span.end,
        };
        let mut line = Line {
            parser: self,
            reader: Lexer::within(self.source, inside),
            token: self.token,
        };
        let name = line.bump()?;
        match (line.token.kind, name) {
            // `# 12 "file.h"`, which preprocessors leave behind.
            (Kind::Number | Kind::End, _) | (_, "line" | "ident") => Ok(()),
            (_, "pragma") => match line.bump()? {
                "pack" => {
                    let new = line.pack()?;
                    if self.bodies > 0 {
                        let message = "`#pragma pack` inside a record; put it before the record";
                        return Err(self.error(span, message));
                    }
                    self.packing.set(new).map_err(|why| self.error(span, why))
                }
                "once" | "GCC" | "clang" | "warning" | "region" | "endregion" | "mark" => Ok(()),
                "STDC" => Ok(()),
                _ => {
                    let message =
                        "this pragma is not known; remove it if it does not change layouts";
                    Err(line.parser.error(span, message))
                }
            },
            _ => {
                let message = "there is no preprocessor; paste the text that `cc -E` prints";
                Err(line.parser.error(span, message))
            }
        }
    }
}

/// What a `#pragma pack` says.
struct Change {
    push: bool,
    pop: bool,
    /// `Some(0)` is the default.
    value: Option<u64>,
}

impl Line<'_, '_> {
    /// `(n)`, `()`, `(push)`, `(push, n)` or `(pop)`.
    fn pack(&mut self) -> Parse<Change> {
        let mut change = Change {
            push: false,
            pop: false,
            value: None,
        };
        if self.bump()? != "(" {
            return Err(self.error());
        }
        self.bump()?;
        match self.text() {
            "push" => change.push = true,
            "pop" => change.pop = true,
            ")" => change.value = Some(0),
            _ => change.value = Some(self.value()?),
        }
        if change.value != Some(0) || self.text() != ")" {
            self.bump()?;
        }
        if change.push && self.text() == "," {
            self.bump()?;
            change.value = Some(self.value()?);
            self.bump()?;
        }
        if self.text() != ")" || self.reader.next()?.kind != Kind::End {
            return Err(self.error());
        }
        Ok(change)
    }

    fn value(&self) -> Parse<u64> {
        let value = literal::number(self.text()).ok();
        match value.map(|integer| integer.value) {
            Some(value @ (0 | 1 | 2 | 4 | 8 | 16)) => Ok(value as u64),
            _ => Err(self.error()),
        }
    }

    fn error(&self) -> Box<super::SyntaxError> {
        let message = "expected `#pragma pack(n)`, `(push, n)`, `(push)`, `(pop)` or `()` with n 1, 2, 4, 8 or 16";
        let mut span = self.token.span;
        if self.token.kind == Kind::End {
            span.end = span.start;
        }
        self.parser.error(span, message)
    }
}

impl Packing {
    fn set(&mut self, change: Change) -> Result<(), &'static str> {
        if change.push {
            if self.stack.len() >= MAX_STACK {
                return Err("`#pragma pack(push)` without `pop` more than 1024 times");
            }
            self.stack.push(self.current);
        }
        if change.pop {
            self.current = self
                .stack
                .pop()
                .ok_or("`#pragma pack(pop)` without a `push` before it")?;
        }
        if let Some(value) = change.value {
            self.current = Some(value).filter(|&value| value > 0);
        }
        Ok(())
    }
}
