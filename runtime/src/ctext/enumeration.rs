//! `enum` specifiers.
//!
//! Guarantee: every enumerator has the value that C gives it.
#![forbid(unsafe_code)]

use super::declarations::TagKind;
use super::declarator::Naming;
use super::lexer::Kind;
use super::parser::Parser;
use super::source::{Parse, Span};
use crate::error::TypeError;
use crate::types::{EnumType, Scalar, Type, TypeKind};

/// The storages of a packed enumeration, as gcc and clang try them.
const PACKED: [Scalar; 8] = [
    Scalar::U8,
    Scalar::I8,
    Scalar::U16,
    Scalar::I16,
    Scalar::U32,
    Scalar::I32,
    Scalar::U64,
    Scalar::I64,
];

impl<'t> Parser<'t> {
    /// An enum specifier, with its keyword as the current token; and whether it declares the enum.
    pub(super) fn enumeration(&mut self) -> Parse<(Type, bool)> {
        let keyword = self.bump()?;
        let mut attributes = self.attributes()?;
        if matches!(self.word(), Some("class" | "struct")) {
            return Err(self.error(self.token.span, "`enum class` is C++; write `enum`"));
        }
        let tag = match self.token.kind {
            Kind::Word => Some((self.tag_name()?, self.last)),
            _ => None,
        };
        if let Some((name, span)) = tag {
            self.check_tag(TagKind::Enum, name, span)?;
        }
        let mut storage = None;
        // In a record, `enum tag : 3` is a bit-field.
        if self.at(":") && self.after_bracket_type()? {
            self.bump()?;
            storage = Some(self.storage_type()?);
        }
        let place = tag.map_or(keyword, |(_, span)| span);
        if !self.at("{") {
            let Some((name, span)) = tag else {
                return Err(self.expected("a tag or `{`"));
            };
            return self.enum_reference(name, span, storage);
        }
        let constants = self.enumerators(tag.map(|(name, _)| name))?;
        attributes.merge(self.attributes()?);
        if attributes.packed.is_some() && storage.is_none() {
            let fits = |scalar: &Scalar| constants.iter().all(|&(_, value)| scalar.holds(value));
            storage = PACKED.into_iter().find(fits);
        }
        let ty = self.build_enum(tag, constants, storage, place)?;
        Ok((ty, true))
    }

    fn build_enum(
        &mut self,
        tag: Option<(&'t str, Span)>,
        constants: Vec<(&'t str, i128)>,
        storage: Option<Scalar>,
        place: Span,
    ) -> Parse<Type> {
        let name = tag.map(|(name, _)| name);
        let built = match storage {
            Some(storage) => EnumType::with_storage(name, constants, storage),
            None => EnumType::new(name, constants),
        };
        let built = built.map_err(|cause| self.type_error(place, cause))?;
        if let Some((name, span)) = tag {
            self.define(TagKind::Enum, name, span, built.into())?;
        }
        Ok(built.into())
    }

    /// `enum tag` without a body.
    fn enum_reference(
        &mut self,
        tag: &'t str,
        span: Span,
        storage: Option<Scalar>,
    ) -> Parse<(Type, bool)> {
        let known = self.find_tag(tag).and_then(|tag| tag.ty);
        match (known, storage) {
            (Some(ty), None) => Ok((ty, false)),
            (Some(ty), Some(storage)) if ty.scalar() == Some(storage) => Ok((ty, true)),
            (_, Some(_)) => {
                let ty = self.build_enum(Some((tag, span)), Vec::new(), storage, span)?;
                Ok((ty, true))
            }
            (None, None) => {
                let ty = Type::opaque(&format!("enum {tag}"));
                Ok((ty, self.at(";")))
            }
        }
    }

    /// The type after `enum tag :`.
    fn storage_type(&mut self) -> Parse<Scalar> {
        let start = self.token.span;
        let ty = self.type_name(Naming::Forbidden)?.ty;
        let span = start.to(self.last);
        let fits = |scalar: &Scalar| scalar.is_integer() && scalar.is_direct();
        let integer = ty.scalar().filter(fits);
        integer
            .filter(|_| matches!(ty.kind(), TypeKind::Scalar { .. }))
            .ok_or_else(|| {
                let message =
                    format!("`{ty}` cannot store an enumeration; expected an integer type");
                self.error(span, message)
            })
    }

    /// `{ A, B = 3 }`
    fn enumerators(&mut self, tag: Option<&str>) -> Parse<Vec<(&'t str, i128)>> {
        let open = self.expect("{")?;
        let old = tag.and_then(|tag| self.find_tag(tag)?.ty);
        let mut constants = Vec::new();
        let mut next = 0i128;
        while !self.eat("}")? {
            if self.at_end() {
                return Err(self.error(open, "this `{` has no `}`"));
            }
            let span = self.token.span;
            let Some(name) = self.word().filter(|word| !super::words::is_reserved(word)) else {
                return Err(self.expected("the name of an enumerator or `}`"));
            };
            self.bump()?;
            self.attributes()?;
            if self.eat("=")? {
                next = self.constant()?.0.value;
            }
            self.add_constant(name, next, span, old)?;
            constants.push((name, next));
            next += 1;
            if !self.at("}") && !self.eat(",")? {
                return Err(self.expected("`,` or `}`"));
            }
        }
        if constants.is_empty() {
            return Err(self.error(open.to(self.last), "an enumeration needs an enumerator"));
        }
        Ok(constants)
    }

    fn add_constant(
        &mut self,
        name: &str,
        value: i128,
        span: Span,
        old: Option<Type>,
    ) -> Parse<()> {
        let range = (i64::MIN.into(), u64::MAX.into());
        if value < range.0 || value > range.1 {
            let name = name.to_owned();
            return Err(self.type_error(span, TypeError::EnumRange { name, value }));
        }
        // The same enumeration may be defined again (C23 section 6.7.3.4).
        let again = old.is_some_and(|old| match old.kind() {
            TypeKind::Enum(old) => old.constants().contains(&(name, value)),
            _ => false,
        });
        let known = !again && self.known.constant(name).is_some();
        if known || self.new.constants.insert(name.to_owned(), value).is_some() {
            let cause = TypeError::Duplicate {
                what: "enumerator",
                name: name.to_owned(),
            };
            return Err(self.type_error(span, cause));
        }
        Ok(())
    }
}
