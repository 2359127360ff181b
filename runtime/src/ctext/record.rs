//! `struct` and `union` specifiers.
//!
//! Guarantee: packing and alignment reach the layout as gcc and clang apply them.
#![forbid(unsafe_code)]

use super::attribute::Attributes;
use super::declarations::{Tag, TagKind};
use super::declarator::Naming;
use super::lexer::Kind;
use super::parser::Parser;
use super::same;
use super::source::{Parse, Span};
use super::specifier::Specifiers;
use crate::error::TypeError;
use crate::types::{RecordKind, RecordType, Type, TypeKind};
use std::collections::HashSet;

/// A field as it was read.
struct Field<'t> {
    /// `None` for an anonymous struct or union.
    name: Option<&'t str>,
    ty: Type,
    align: Option<u64>,
}

/// The body of a record as far as it was read.
#[derive(Default)]
struct Body<'t> {
    fields: Vec<Field<'t>>,
    names: HashSet<&'t str>,
}

impl<'t> Parser<'t> {
    /// A record specifier, with its keyword as the current token; and whether it declares the
    /// record.
    pub(super) fn record(&mut self, kind: RecordKind) -> Parse<(Type, bool)> {
        let keyword = self.bump()?;
        let mut attributes = self.attributes()?;
        let tag = match self.token.kind {
            Kind::Word => Some((self.tag_name()?, self.last)),
            _ => None,
        };
        if let Some((name, span)) = tag {
            self.check_tag(TagKind::Record(kind), name, span)?;
        }
        if !self.at("{") {
            let Some((name, _)) = tag else {
                return Err(self.expected("a tag or `{`"));
            };
            self.refuse_layout(&attributes)?;
            return Ok((self.tagged_type(kind, name), self.at(";")));
        }
        let packing = self.packing.current;
        self.open_records.extend(tag.map(|(name, _)| name));
        let body = self.body();
        self.open_records
            .truncate(self.open_records.len() - usize::from(tag.is_some()));
        let body = body?;
        attributes.merge(self.attributes()?);
        if let Some((_, span)) = attributes.convention {
            return Err(self.not_a_function(span));
        }
        let name = tag.map(|(name, _)| name);
        let record = build(kind, name, body.fields, packing, &attributes)
            .map_err(|cause| self.type_error(tag.map_or(keyword, |(_, span)| span), cause))?;
        if let Some((name, span)) = tag {
            self.define(TagKind::Record(kind), name, span, record.into())?;
        }
        Ok((record.into(), true))
    }

    /// The tag that stands here.
    pub(super) fn tag_name(&mut self) -> Parse<&'t str> {
        let span = self.token.span;
        let name = self.text(span);
        if super::words::is_reserved(name) {
            return Err(self.expected("a tag or `{`"));
        }
        self.bump()?;
        Ok(name)
    }

    /// The type that a tag means where it is not defined.
    fn tagged_type(&self, kind: RecordKind, tag: &str) -> Type {
        self.completed(Type::opaque(&format!("{} {tag}", kind.keyword())))
    }

    /// Enters the definition of a tag.
    pub(super) fn define(&mut self, kind: TagKind, tag: &str, span: Span, ty: Type) -> Parse<()> {
        if let Some(old) = self.find_tag(tag).and_then(|tag| tag.ty)
            && !same::definition(old, ty)
        {
            let message = format!("`{} {tag}` was defined before, differently", kind.keyword());
            return Err(self.error(span, message));
        }
        self.new
            .tags
            .insert(tag.to_owned(), Tag { kind, ty: Some(ty) });
        Ok(())
    }

    /// `{ fields }`
    fn body(&mut self) -> Parse<Body<'t>> {
        let open = self.token.span;
        self.bodies += 1;
        self.expect("{")?;
        let mut body = Body::default();
        while !self.at("}") {
            if self.at_end() {
                return Err(self.error(open, "this `{` has no `}`"));
            }
            self.field_declaration(&mut body)?;
        }
        self.bodies -= 1;
        self.bump()?;
        Ok(body)
    }

    /// `int x, *y[3];`
    fn field_declaration(&mut self, body: &mut Body<'t>) -> Parse<()> {
        if matches!(self.word(), Some("_Static_assert" | "static_assert")) {
            self.static_assert()?;
            return self.expect(";").map(drop);
        }
        if self.eat(";")? {
            return Ok(());
        }
        let specifiers = self.specifiers()?;
        self.allow_storage(&specifiers, &[], "a field")?;
        if self.at(";") && specifiers.declares {
            self.anonymous(&specifiers, body)?;
            return self.bump().map(drop);
        }
        loop {
            self.field(&specifiers, body)?;
            if self.eat(";")? {
                return Ok(());
            }
            if !self.at(",") {
                return Err(
                    self.after_declarator("`,` or `;`", body.fields.last().and_then(|f| f.name))
                );
            }
            self.bump()?;
        }
    }

    fn field(&mut self, specifiers: &Specifiers, body: &mut Body<'t>) -> Parse<()> {
        if self.at(":") {
            return Err(self.bit_field());
        }
        let mut declarator = self.declarator(Naming::Required)?;
        if self.at(":") {
            return Err(self.bit_field());
        }
        let attributes = self.settle(specifiers, &mut declarator)?;
        if let Some(span) = attributes.packed {
            let message =
                "`packed` on one field is not supported; pack the record, or describe its bytes";
            return Err(self.error(span, message));
        }
        let Some((name, span)) = declarator.name else {
            return Err(self.expected("a name"));
        };
        if let Some(super::declarator::Part::Array(brackets)) = declarator.parts.first()
            && brackets.len.is_none()
        {
            let message = format!(
                "flexible array members are not supported; leave `{name}` out, or write `{name}[0]`"
            );
            return Err(self.error(brackets.span, message));
        }
        let ty = self
            .apply(specifiers.base, specifiers.span, &declarator)?
            .ty;
        if matches!(ty.kind(), TypeKind::Function(_)) {
            let message = format!("field `{name}` is a function; write a pointer, `(*{name})(…)`");
            return Err(self.error(declarator.span, message));
        }
        if ty.size().is_none() {
            return Err(self.sizeless(ty, &format!("field `{name}`"), specifiers.span));
        }
        self.add_name(body, name, span)?;
        body.fields.push(Field {
            name: Some(name),
            ty,
            align: attributes.aligned.map(|(align, _)| align),
        });
        Ok(())
    }

    fn bit_field(&self) -> Box<super::SyntaxError> {
        let message = "bit-fields are not yet supported; describe the integer that holds them";
        self.error(self.token.span, message)
    }

    fn add_name(&self, body: &mut Body<'t>, name: &'t str, span: Span) -> Parse<()> {
        if body.names.insert(name) {
            return Ok(());
        }
        let cause = TypeError::Duplicate {
            what: "field",
            name: name.to_owned(),
        };
        Err(self.type_error(span, cause))
    }

    /// A member without a name, whose fields belong to the record around it.
    fn anonymous(&mut self, specifiers: &Specifiers, body: &mut Body<'t>) -> Parse<()> {
        let attributes = &specifiers.attributes;
        self.refuse_layout(attributes)?;
        let Some(record) = specifiers.base.ty.record().filter(|r| r.tag().is_none()) else {
            // `struct tag { … };` and `enum { … };` only declare.
            return Ok(());
        };
        for name in same::member_names(record) {
            self.add_name(body, name, specifiers.span)?;
        }
        body.fields.push(Field {
            name: None,
            ty: record.into(),
            align: None,
        });
        Ok(())
    }
}

/// Lays the record out.
fn build(
    kind: RecordKind,
    tag: Option<&str>,
    fields: Vec<Field<'_>>,
    packing: Option<u64>,
    attributes: &Attributes,
) -> Result<RecordType, TypeError> {
    let mut builder = RecordType::builder(kind, tag);
    // `#pragma pack` bounds the `aligned` of a field, `__attribute__((packed))` does not.
    let bounded = |align: u64| packing.map_or(align, |pack| align.min(pack));
    let mut natural = 1;
    for field in fields {
        natural = natural.max(field.ty.align());
        builder = match (field.name, field.align) {
            (Some(name), Some(align)) => builder.aligned_field(name, field.ty, bounded(align)),
            (Some(name), None) => builder.field(name, field.ty),
            (None, _) => builder.anonymous(field.ty),
        };
    }
    if attributes.packed.is_some() {
        builder = builder.packed(1);
    } else if let Some(pack) = packing.filter(|&pack| pack < natural) {
        builder = builder.packed(pack);
    }
    if let Some((align, _)) = attributes.aligned {
        builder = builder.align(align);
    }
    builder.build()
}
