//! The state of a parse, and the steps that all grammar rules share.
//!
//! Guarantee: rules nest at most [`MAX_DEPTH`] deep, so that no text exhausts the stack.
#![forbid(unsafe_code)]

use super::declarations::Declarations;
use super::lexer::{Kind, Lexer, Token};
use super::pragma::Packing;
use super::source::{self, Parse, Span};
use crate::error::TypeError;
use crate::types::MAX_DEPTH;

/// The longest text in bytes.
pub(super) const MAX_TEXT: usize = 16 << 20;

/// The longest piece of a text that a message repeats.
const MAX_QUOTED: usize = 40;

/// What a text may declare besides types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// Anything, any number of times.
    Everything,
    /// One function.
    Function,
    /// One variable.
    Variable,
}

/// A parse in progress.
pub(super) struct Parser<'t> {
    pub(super) source: &'t str,
    lexer: Lexer<'t>,
    pub(super) token: Token,
    /// The token before `token`.
    pub(super) last: Span,
    depth: u32,
    /// What the text may refer to.
    pub(super) known: &'t Declarations,
    /// What the text has declared so far.
    pub(super) new: Declarations,
    pub(super) wanted: Wanted,
    pub(super) packing: Packing,
    /// The tags of the records whose bodies are being read, outermost first.
    pub(super) open_records: Vec<&'t str>,
    /// How many record bodies are being read.
    pub(super) bodies: u32,
    /// Inside an operand that C does not evaluate.
    pub(super) unevaluated: u32,
}

impl<'t> Parser<'t> {
    pub(super) fn new(source: &'t str, known: &'t Declarations, wanted: Wanted) -> Parse<Self> {
        let nowhere = Span { start: 0, end: 0 };
        if source.len() > MAX_TEXT {
            let message = format!(
                "the text has {} bytes; at most {MAX_TEXT} are read",
                source.len()
            );
            return Err(source::error("", nowhere, message));
        }
        let mut parser = Self {
            source,
            lexer: Lexer::new(source),
            token: Token {
                kind: Kind::End,
                span: nowhere,
            },
            last: nowhere,
            depth: 0,
            known,
            new: Declarations::default(),
            wanted,
            packing: Packing::default(),
            open_records: Vec::new(),
            bodies: 0,
            unevaluated: 0,
        };
        parser.bump()?;
        Ok(parser)
    }

    /// The text of `span`.
    pub(super) fn text(&self, span: Span) -> &'t str {
        &self.source[span.start..span.end]
    }

    /// Moves to the next token, obeying directives on the way; returns the one it leaves.
    pub(super) fn bump(&mut self) -> Parse<Span> {
        self.last = self.token.span;
        self.token = self.lexer.next()?;
        while self.token.kind == Kind::Directive {
            self.directive(self.token.span)?;
            self.token = self.lexer.next()?;
        }
        Ok(self.last)
    }

    /// The token after the current one.
    pub(super) fn peek(&self) -> Parse<Token> {
        self.lexer.clone().next()
    }

    /// A reader that stands after the current token.
    pub(super) fn reader(&self) -> Lexer<'t> {
        self.lexer
    }

    /// The current token's text, if it is a word.
    pub(super) fn word(&self) -> Option<&'t str> {
        (self.token.kind == Kind::Word).then(|| self.text(self.token.span))
    }

    /// Whether the current token is this punctuation.
    pub(super) fn at(&self, mark: &str) -> bool {
        self.token.kind == Kind::Mark && self.text(self.token.span) == mark
    }

    pub(super) fn at_end(&self) -> bool {
        self.token.kind == Kind::End
    }

    /// Steps over this punctuation if it is here.
    pub(super) fn eat(&mut self, mark: &str) -> Parse<bool> {
        let here = self.at(mark);
        if here {
            self.bump()?;
        }
        Ok(here)
    }

    /// Steps over this punctuation, which must be here.
    pub(super) fn expect(&mut self, mark: &str) -> Parse<Span> {
        if self.at(mark) {
            self.bump()
        } else {
            Err(self.expected(&format!("`{mark}`")))
        }
    }

    /// Runs a rule one level deeper.
    pub(super) fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.type_error(self.token.span, TypeError::TooDeep { limit: MAX_DEPTH }));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    #[cold]
    pub(super) fn error(&self, span: Span, message: impl Into<String>) -> Box<super::SyntaxError> {
        source::error(self.source, span, message)
    }

    #[cold]
    pub(super) fn type_error(&self, span: Span, cause: TypeError) -> Box<super::SyntaxError> {
        source::type_error(self.source, span, cause)
    }

    /// The error that `what` should stand here.
    #[cold]
    pub(super) fn expected(&self, what: &str) -> Box<super::SyntaxError> {
        let message = match self.word() {
            Some("asm" | "__asm" | "__asm__") => {
                "assembler labels are not read; leave the label out, and give the symbol it names \
                 where the function is looked up"
                    .to_owned()
            }
            Some(word) if super::words::is_cxx(word) => format!("`{word}` is C++; write C"),
            _ if self.at("&") || self.at("&&") => {
                "C has no references; write a pointer, `*`".to_owned()
            }
            _ if self.at("::") => "C has no `::`; write the C name of the type".to_owned(),
            _ if self.at("<") => "C has no templates; write the C type".to_owned(),
            _ => format!("expected {what}, found {}", self.found()),
        };
        self.error(self.token.span, message)
    }

    /// The current token as a message names it.
    fn found(&self) -> String {
        if self.at_end() {
            return "the end of the text".to_owned();
        }
        self.quote(self.token.span)
    }

    /// A piece of the text in quotes, cut if it is long.
    pub(super) fn quote(&self, span: Span) -> String {
        let text = self.text(span);
        if text.chars().nth(MAX_QUOTED).is_none() {
            return format!("`{text}`");
        }
        let start: String = text.chars().take(MAX_QUOTED).collect();
        format!("`{start}…`")
    }
}
