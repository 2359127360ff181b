//! Parameter lists.
//!
//! Guarantee: no more than [`FnType::MAX_PARAMS`] parameters are kept, however many there are.
#![forbid(unsafe_code)]

use super::declarator::{Function, Naming};
use super::lexer::Kind;
use super::parser::Parser;
use super::source::{Parse, Span};
use super::specifier::Storage;
use crate::error::TypeError;
use crate::types::{FnType, Type};

/// The parameters of a function.
#[derive(Default, Debug)]
pub(super) struct Params<'t> {
    pub(super) list: Vec<(Option<&'t str>, Type)>,
    pub(super) count: u64,
    pub(super) variadic: bool,
    /// The first parameter that is one too many.
    pub(super) excess: Option<Span>,
}

impl<'t> Parser<'t> {
    /// `(int, char *name, ...)`
    pub(super) fn parameters(&mut self) -> Parse<Function<'t>> {
        let start = self.expect("(")?;
        let params = self.nested(Self::parameter_list)?;
        Ok(Function {
            params,
            convention: None,
            non_null: None,
            span: start.to(self.last),
        })
    }

    /// The list and its `)`.
    fn parameter_list(&mut self) -> Parse<Params<'t>> {
        let mut params = Params::default();
        if self.eat(")")? {
            return Ok(params);
        }
        loop {
            if self.eat("...")? {
                params.variadic = true;
                self.expect(")")?;
                return Ok(params);
            }
            self.refuse_old_style(&params)?;
            let start = self.token.span;
            let param = self.parameter(&params)?;
            let Some(param) = param else {
                self.bump()?;
                return Ok(params);
            };
            params.count += 1;
            if params.list.len() < FnType::MAX_PARAMS {
                params.list.push(param);
            } else {
                params.excess.get_or_insert(start);
            }
            if self.eat(")")? {
                return Ok(params);
            }
            if self.at("=") {
                let message = "C has no default arguments; leave it out";
                return Err(self.error(self.token.span, message));
            }
            if !self.at(",") {
                return Err(self.expected("`,` or `)`"));
            }
            self.bump()?;
        }
    }

    /// A parameter; `None` for a lone `void`, which says that there are none.
    fn parameter(&mut self, before: &Params<'t>) -> Parse<Option<(Option<&'t str>, Type)>> {
        let specifiers = self.specifiers()?;
        self.allow_storage(&specifiers, &[Storage::Register], "a parameter")?;
        let mut declarator = self.declarator(Naming::Allowed)?;
        let attributes = self.settle(&specifiers, &mut declarator)?;
        self.refuse_layout(&attributes)?;
        let mut ty = self.apply_parameter(specifiers.base, specifiers.span, &declarator)?;
        if attributes.non_null.is_some() {
            ty = ty.non_null();
        }
        let name = declarator.name;
        if ty.is_void() && name.is_none() && before.count == 0 && self.at(")") {
            return Ok(None);
        }
        if ty.size().is_none() {
            let number = before.count + 1;
            let role = match name {
                Some((name, _)) => format!("parameter {number} ({name})"),
                None => format!("parameter {number}"),
            };
            return Err(self.sizeless(ty, &role, specifiers.span));
        }
        if let Some((name, span)) = name
            && before.list.iter().any(|(other, _)| *other == Some(name))
        {
            let cause = TypeError::Duplicate {
                what: "parameter",
                name: name.to_owned(),
            };
            return Err(self.type_error(span, cause));
        }
        Ok(Some((name.map(|(name, _)| name), ty)))
    }

    /// Refuses `f(a, b) int a; …`, in which the list holds names without types.
    fn refuse_old_style(&self, before: &Params<'t>) -> Parse<()> {
        let Some(word) = self.word().filter(|_| before.count == 0) else {
            return Ok(());
        };
        if self.names_type(word) || super::words::is_reserved(word) {
            return Ok(());
        }
        let mut reader = self.reader();
        loop {
            let separator = reader.next()?;
            match self.text(separator.span) {
                "," => {}
                ")" => break,
                _ => return Ok(()),
            }
            if reader.next()?.kind != Kind::Word {
                return Ok(());
            }
        }
        let next = reader.next()?;
        let text = self.text(next.span);
        if next.kind == Kind::Word && (self.names_type(text) || super::words::is_reserved(text)) {
            let message = "an old-style definition; write the types of the parameters in the list";
            return Err(self.error(self.token.span, message));
        }
        Ok(())
    }
}
