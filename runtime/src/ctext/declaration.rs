//! Whole declarations, and the texts that hold them.
//!
//! Guarantee: a text is read to its end, or there is an error.
#![forbid(unsafe_code)]

use super::declarations::{Tag, TagKind};
use super::declarator::{Declarator, Naming};
use super::derive::{Qualified, tag_of};
use super::lexer::Kind;
use super::parser::{Parser, Wanted};
use super::source::{Parse, Span};
use super::specifier::{Specifiers, Storage};
use super::{same, words};
use crate::types::{FnType, RecordType, Type, TypeKind};

impl<'t> Parser<'t> {
    /// Every declaration of the text; returns the record that was defined last.
    pub(super) fn everything(&mut self) -> Parse<Option<RecordType>> {
        let mut record = None;
        while !self.at_end() {
            record = self.declaration()?.or(record);
        }
        Ok(record)
    }

    fn declaration(&mut self) -> Parse<Option<RecordType>> {
        if self.eat(";")? {
            return Ok(None);
        }
        match self.word() {
            Some("_Static_assert" | "static_assert") => {
                self.static_assert()?;
                self.end_of_declaration(None)?;
                return Ok(None);
            }
            Some("extern") if self.peek()?.kind == Kind::Text => return self.linkage(),
            _ => {}
        }
        let specifiers = self.specifiers()?;
        let record = specifiers.base.ty.record().filter(|_| specifiers.declares);
        if self.at(";") || (self.at_end() && specifiers.declares) {
            self.without_declarators(&specifiers)?;
            self.eat(";")?;
            return Ok(record);
        }
        if self.at_end() && tag_of(specifiers.base.ty).is_some() {
            return Err(self.expected("`{` or a name"));
        }
        loop {
            let name = self.declared(&specifiers)?;
            if !self.eat(",")? {
                self.end_of_declaration(Some(name))?;
                return Ok(record);
            }
        }
    }

    /// `extern "C" { … }` or `extern "C"` before a declaration.
    fn linkage(&mut self) -> Parse<Option<RecordType>> {
        self.bump()?;
        let language = self.bump()?;
        if self.text(language) != "\"C\"" {
            return Err(self.error(language, "only functions with C linkage can be called"));
        }
        let open = self.token.span;
        if !self.eat("{")? {
            return self.nested(Self::declaration);
        }
        self.nested(|p| {
            let mut record = None;
            while !p.eat("}")? {
                if p.at_end() {
                    return Err(p.error(open, "this `{` has no `}`"));
                }
                record = p.declaration()?.or(record);
            }
            Ok(record)
        })
    }

    /// `;`, which the last declaration may leave out.
    fn end_of_declaration(&mut self, name: Option<(&'t str, Span)>) -> Parse<()> {
        if self.at_end() || self.eat(";")? {
            return Ok(());
        }
        if self.at("{") {
            let message = "a function body; write the prototype only, and end it with `;`";
            return Err(self.error(self.token.span, message));
        }
        if self.at("=") {
            let message = "an initial value; declare the variable only";
            return Err(self.error(self.token.span, message));
        }
        if self.at(":") {
            return Err(self.error(self.token.span, "bit-fields exist only in records"));
        }
        if self.last.end == self.token.span.start && self.at("}") {
            return Err(self.error(self.token.span, "this `}` has no `{`"));
        }
        let old_style =
            self.token.kind == Kind::Word && self.text(self.last) == ")" && self.starts_type()?;
        if old_style {
            let message = "expected `;` after the declaration; old-style definitions are not read";
            return Err(self.error(self.token.span, message));
        }
        let found = self.after_declarator("`,` or `;`", name.map(|(name, _)| name));
        match name {
            Some((name, span)) if self.token.kind == Kind::Word => {
                Err(self.blame(name, span, found))
            }
            _ => Err(found),
        }
    }

    /// `long dubble x`: the name before the unexpected word was to be a type.
    fn blame(
        &self,
        name: &str,
        span: Span,
        otherwise: Box<super::SyntaxError>,
    ) -> Box<super::SyntaxError> {
        if self.find_name(name).is_some() {
            let message = format!("`{name}` cannot be combined with the type before it");
            return self.error(span, message);
        }
        match self.nearest_type(name) {
            Some(_) => self.unknown(name, span),
            None => otherwise,
        }
    }

    /// The error that a declarator should have ended here.
    pub(super) fn after_declarator(
        &self,
        what: &str,
        name: Option<&str>,
    ) -> Box<super::SyntaxError> {
        match name {
            Some(name) => self.expected(&format!("{what} after `{name}`")),
            None => self.expected(what),
        }
    }

    /// `struct tag;` and the like.
    fn without_declarators(&mut self, specifiers: &Specifiers) -> Parse<()> {
        if !specifiers.declares {
            return Err(self.expected("a name"));
        }
        self.refuse_layout(&specifiers.attributes)?;
        if let Some((keyword, tag)) = tag_of(specifiers.base.ty)
            && self.find_tag(tag).is_none()
        {
            let kind = match keyword {
                "struct" => TagKind::Record(crate::RecordKind::Struct),
                "union" => TagKind::Record(crate::RecordKind::Union),
                _ => TagKind::Enum,
            };
            self.new.tags.insert(tag.to_owned(), Tag { kind, ty: None });
        }
        Ok(())
    }

    /// One declarator, entered under its name.
    fn declared(&mut self, specifiers: &Specifiers) -> Parse<(&'t str, Span)> {
        let mut declarator = self.declarator(Naming::Required)?;
        let attributes = self.settle(specifiers, &mut declarator)?;
        let Some((name, span)) = declarator.name else {
            return Err(self.expected("a name"));
        };
        if matches!(self.word(), Some("asm" | "__asm" | "__asm__")) {
            return Err(self.expected("`;`"));
        }
        let whole = self.apply(specifiers.base, specifiers.span, &declarator)?;
        let storage = |wanted| {
            specifiers
                .storage
                .iter()
                .find(|(storage, _)| *storage == wanted)
        };
        if storage(Storage::Typedef).is_some() {
            self.refuse_layout(&attributes)?;
            self.declare_type(name, span, whole)?;
            return Ok((name, span));
        }
        if let Some(&(_, span)) = storage(Storage::Register) {
            return Err(self.error(span, "`register` belongs to parameters; leave it out"));
        }
        match *whole.ty.kind() {
            TypeKind::Function(function) => self.declare_function(name, span, function)?,
            _ => self.declare_variable(name, span, whole.ty, specifiers, &declarator)?,
        }
        Ok((name, span))
    }

    fn declare_type(&mut self, name: &'t str, span: Span, new: Qualified) -> Parse<()> {
        let is_own = self.new.typedefs.contains_key(name) || self.known.typedefs.contains_key(name);
        if let Some(old) = self.find_name(name)
            && (is_own || words::is_standard(name))
        {
            let agree = old.is_const == new.is_const && {
                let completed = self.completed(new.ty);
                same::ty(old.ty, completed) || old.ty.to_string() == new.ty.to_string()
            };
            if !agree {
                let message = match old.ty.scalar() {
                    Some(scalar) if !is_own => {
                        format!("`{name}` is built in, as {scalar}; leave this typedef out")
                    }
                    _ => format!("`{name}` was defined before as `{}`", old.ty),
                };
                return Err(self.error(span, message));
            }
            // A built-in name keeps its spelling.
            if !is_own {
                return Ok(());
            }
        }
        self.check_other(name, span, &["function", "variable"])?;
        self.new.typedefs.insert(name.to_owned(), new);
        Ok(())
    }

    fn declare_function(&mut self, name: &'t str, span: Span, new: FnType) -> Parse<()> {
        match self.wanted {
            Wanted::Variable => {
                return Err(
                    self.error(span, format!("`{name}` is a function; expected a variable"))
                );
            }
            Wanted::Function if !self.new.functions.is_empty() => {
                return Err(self.error(span, "a second prototype; expected one"));
            }
            Wanted::Function => {}
            Wanted::Everything => {
                self.check_other(name, span, &["variable", "type"])?;
                let old = self
                    .new
                    .function(name)
                    .or_else(|| self.known.function(name));
                if let Some(old) = old.filter(|&old| !same::function(old, new)) {
                    let message =
                        format!("`{name}` was declared before as `{}`", old.declare(name));
                    return Err(self.error(span, message));
                }
            }
        }
        self.new.functions.set(name.to_owned(), new);
        Ok(())
    }

    fn declare_variable(
        &mut self,
        name: &'t str,
        span: Span,
        new: Type,
        specifiers: &Specifiers,
        declarator: &Declarator<'t>,
    ) -> Parse<()> {
        if self.wanted == Wanted::Function {
            if words::is_reserved(name) {
                return Err(self.expected("a prototype"));
            }
            let place = declarator.span;
            let message =
                format!("`{name}` is a variable; expected a function with its parameters");
            return Err(self.error(place, message));
        }
        if self.wanted == Wanted::Variable && !self.new.variables.is_empty() {
            return Err(self.error(span, "a second variable; expected one"));
        }
        if new.size().is_none() {
            return Err(self.sizeless(new, &format!("variable `{name}`"), specifiers.span));
        }
        if self.wanted == Wanted::Everything {
            self.check_other(name, span, &["function", "type"])?;
            let old = self
                .new
                .variable(name)
                .or_else(|| self.known.variable(name));
            if let Some(old) = old.filter(|&old| !same::ty(old, new)) {
                let message = format!("`{name}` was declared before as `{}`", old.declare(name));
                return Err(self.error(span, message));
            }
        }
        self.new.variables.set(name.to_owned(), new);
        Ok(())
    }

    /// Refuses a name that already means one of `kinds`.
    fn check_other(&self, name: &str, span: Span, kinds: &[&str]) -> Parse<()> {
        let is = |kind: &str| {
            [&self.new, self.known].into_iter().any(|scope| match kind {
                "function" => scope.function(name).is_some(),
                "variable" => scope.variable(name).is_some(),
                _ => scope.typedefs.contains_key(name),
            })
        };
        match kinds.iter().find(|kind| is(kind)) {
            Some(kind) => {
                Err(self.error(span, format!("`{name}` was declared before as a {kind}")))
            }
            None => Ok(()),
        }
    }
}
