//! Declarators: the part of a declaration around the name, `(*compare)(const void *, int [3])`.
//!
//! Guarantee: a declarator has at most [`MAX_DEPTH`] parts.
#![forbid(unsafe_code)]

use super::attribute::{Attributes, NonNull};
use super::lexer::Kind;
use super::parameter::Params;
use super::parser::Parser;
use super::source::{Parse, Span};
use super::words;
use crate::error::TypeError;
use crate::types::{CallConv, MAX_DEPTH};

/// Whether a declarator has a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Naming {
    Required,
    Allowed,
    Forbidden,
}

/// A declarator: its parts from the name outwards.
#[derive(Debug)]
pub(super) struct Declarator<'t> {
    pub(super) name: Option<(&'t str, Span)>,
    pub(super) parts: Vec<Part<'t>>,
    pub(super) span: Span,
    /// Those behind it.
    pub(super) attributes: Attributes,
    /// The bytes of the vector that the base type is the lanes of.
    pub(super) vector: Option<(u64, Span)>,
}

/// What a declarator makes of a type.
#[derive(Debug)]
pub(super) enum Part<'t> {
    Pointer(Star),
    Array(Brackets),
    Function(Function<'t>),
}

/// A `*` with its qualifiers.
#[derive(Debug)]
pub(super) struct Star {
    pub(super) is_const: bool,
    pub(super) non_null: bool,
    pub(super) span: Span,
}

/// An array's `[…]`.
#[derive(Debug)]
pub(super) struct Brackets {
    pub(super) len: Option<u64>,
    /// `[static n]`
    pub(super) is_static: bool,
    pub(super) span: Span,
}

/// A function's `(…)`.
#[derive(Debug)]
pub(super) struct Function<'t> {
    pub(super) params: Params<'t>,
    pub(super) convention: Option<CallConv>,
    pub(super) non_null: Option<NonNull>,
    pub(super) span: Span,
}

impl<'t> Declarator<'t> {
    /// The function part nearest to the name.
    pub(super) fn function(&mut self) -> Option<&mut Function<'t>> {
        self.parts.iter_mut().find_map(|part| match part {
            Part::Function(function) => Some(function),
            _ => None,
        })
    }
}

impl<'t> Parser<'t> {
    /// A declarator with the attributes behind it.
    pub(super) fn declarator(&mut self, naming: Naming) -> Parse<Declarator<'t>> {
        let start = self.token.span;
        let mut declarator = Declarator {
            name: None,
            parts: Vec::new(),
            span: start,
            attributes: Attributes::default(),
            vector: None,
        };
        self.declarator_level(naming, &mut declarator)?;
        if self.last.end > start.start {
            declarator.span = Span {
                end: self.last.end,
                ..start
            };
        }
        declarator.attributes = self.attributes()?;
        Ok(declarator)
    }

    /// Pointers, then a name or a declarator in parentheses, then arrays and parameters.
    fn declarator_level(&mut self, naming: Naming, whole: &mut Declarator<'t>) -> Parse<()> {
        let mut stars = Vec::new();
        while self.at("*") {
            self.check_parts(whole.parts.len() + stars.len())?;
            stars.push(Part::Pointer(self.star()?));
        }
        if self.at("&") || self.at("&&") {
            return Err(self.expected("a name"));
        }
        let mut inner = Attributes::default();
        if self.at("(") && self.opens_declarator(naming)? {
            let next = self.peek()?;
            if next.kind == Kind::Word && words::is_reserved(self.text(next.span)) {
                return Err(self.expected("a name"));
            }
            self.bump()?;
            inner = self.attributes()?;
            self.nested(|p| p.declarator_level(naming, whole))?;
            self.expect(")")?;
        } else if naming != Naming::Forbidden && self.token.kind == Kind::Word {
            self.name(naming, whole)?;
        } else if naming == Naming::Required {
            return Err(self.expected("a name"));
        }
        let mark = whole.parts.len();
        loop {
            self.check_parts(whole.parts.len())?;
            let part = if self.at("(") {
                Part::Function(self.parameters()?)
            } else if self.at("[") && !self.at_attribute()? {
                Part::Array(self.brackets()?)
            } else {
                break;
            };
            whole.parts.push(part);
        }
        if let Some((convention, span)) = inner.take_convention() {
            let Some(Part::Function(function)) = whole.parts.get_mut(mark) else {
                return Err(self.not_a_function(span));
            };
            function.convention = Some(convention);
        }
        self.refuse_layout(&inner)?;
        whole.parts.extend(stars.into_iter().rev());
        self.check_parts(whole.parts.len().saturating_sub(1))
    }

    /// The error that a calling convention stands where there is no function.
    pub(super) fn not_a_function(&self, span: Span) -> Box<super::SyntaxError> {
        let message = "a calling convention belongs to a function; write it after the parameters";
        self.error(span, message)
    }

    fn check_parts(&self, count: usize) -> Parse<()> {
        if count < MAX_DEPTH as usize {
            return Ok(());
        }
        let limit = MAX_DEPTH;
        Err(self.type_error(self.token.span, TypeError::TooDeep { limit }))
    }

    fn name(&mut self, naming: Naming, whole: &mut Declarator<'t>) -> Parse<()> {
        let span = self.token.span;
        let name = self.text(span);
        if matches!(name, "__asm__" | "__asm" | "asm") || words::is_cxx(name) {
            return Err(self.expected("a name"));
        }
        if words::is_reserved(name) {
            return match naming {
                Naming::Required => Err(self.expected("a name")),
                _ => Ok(()),
            };
        }
        self.bump()?;
        whole.name = Some((name, span));
        Ok(())
    }

    /// `*` and the qualifiers behind it.
    fn star(&mut self) -> Parse<Star> {
        let mut star = Star {
            is_const: false,
            non_null: false,
            span: self.bump()?,
        };
        loop {
            match self.word() {
                Some("const" | "__const" | "__const__") => star.is_const = true,
                Some("volatile" | "__volatile" | "__volatile__") => {}
                Some("restrict" | "__restrict" | "__restrict__") => {}
                Some("_Nonnull" | "__nonnull") => star.non_null = true,
                Some("_Nullable" | "_Null_unspecified" | "__nullable" | "__unaligned") => {}
                Some("_Atomic") => return Err(self.unsupported_word("_Atomic")),
                _ if self.at_attribute()? => {
                    let attributes = self.attributes()?;
                    if let Some((_, span)) = attributes.convention {
                        return Err(self.not_a_function(span));
                    }
                    self.refuse_layout(&attributes)?;
                    continue;
                }
                _ => return Ok(star),
            }
            self.bump()?;
        }
    }

    /// Refuses `packed` and `aligned` where they would change a layout unseen.
    pub(super) fn refuse_layout(&self, attributes: &Attributes) -> Parse<()> {
        self.refuse_vector(attributes)?;
        let aligned = attributes.aligned.map(|(_, span)| span);
        let rules = attributes.rules.map(|(_, span)| span);
        match attributes.packed.or(aligned).or(rules) {
            None => Ok(()),
            Some(span) => {
                let message = "attributes of layout are read on fields and directly after the `}` of a record";
                Err(self.error(span, message))
            }
        }
    }

    /// Refuses `vector_size` where it makes no vector.
    pub(super) fn refuse_vector(&self, attributes: &Attributes) -> Parse<()> {
        match attributes.vector {
            None => Ok(()),
            Some((_, span)) => {
                let message = "`vector_size` is read behind an arithmetic type and behind a name";
                Err(self.error(span, message))
            }
        }
    }

    /// Whether the `(` that stands here opens a declarator, not parameters.
    fn opens_declarator(&self, naming: Naming) -> Parse<bool> {
        let next = self.peek()?;
        let text = self.text(next.span);
        Ok(match next.kind {
            _ if naming == Naming::Required => true,
            Kind::Mark => matches!(text, "*" | "(" | "[" | "&" | "^"),
            Kind::Word if matches!(text, "__attribute__" | "__attribute") => true,
            Kind::Word => {
                naming == Naming::Allowed && !words::is_reserved(text) && !self.names_type(text)
            }
            _ => false,
        })
    }

    /// `[n]`, `[]`, `[static n]`, `[const]`
    fn brackets(&mut self) -> Parse<Brackets> {
        let start = self.expect("[")?;
        let mut brackets = Brackets {
            len: None,
            is_static: false,
            span: start,
        };
        loop {
            match self.word() {
                Some("static") => brackets.is_static = true,
                Some("const" | "volatile" | "restrict" | "__restrict" | "__restrict__") => {}
                _ => break,
            }
            self.bump()?;
        }
        if self.at("*") {
            let message = "the length of an array must be a constant; write a pointer, or `[]`";
            return Err(self.error(self.token.span, message));
        }
        if !self.at("]") {
            brackets.len = Some(self.non_negative("an array length")?.0);
        }
        brackets.span = start.to(self.expect("]")?);
        Ok(brackets)
    }
}
