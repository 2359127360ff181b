//! `struct` and `union` specifiers.
//!
//! Guarantee: packing and alignment reach the layout as gcc and clang apply them.
#![forbid(unsafe_code)]

use super::attribute::Attributes;
use super::declarations::{Tag, TagKind};
use super::declarator::{Naming, Part};
use super::lexer::Kind;
use super::parser::Parser;
use super::same;
use super::source::{Parse, Span};
use super::specifier::Specifiers;
use crate::error::TypeError;
use crate::types::{BitRules, RecordKind, RecordType, Type, TypeKind};
use std::collections::HashSet;

/// A field as it was read.
struct Field<'t> {
    /// `None` for an anonymous struct or union.
    name: Option<&'t str>,
    ty: Type,
    align: Option<u64>,
    /// The width of a bit-field.
    width: Option<u8>,
}

/// The body of a record as far as it was read.
struct Body<'t> {
    kind: RecordKind,
    /// Whether the last field is an array without a length.
    flexible: bool,
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
        let body = self.body(kind);
        self.open_records
            .truncate(self.open_records.len() - usize::from(tag.is_some()));
        let body = body?;
        attributes.merge(self.attributes()?);
        self.refuse_vector(&attributes)?;
        if let Some((_, span)) = attributes.convention {
            return Err(self.not_a_function(span));
        }
        let name = tag.map(|(name, _)| name);
        let record = build(name, body, packing, &attributes)
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
    fn body(&mut self, kind: RecordKind) -> Parse<Body<'t>> {
        let open = self.token.span;
        self.bodies += 1;
        self.expect("{")?;
        let mut body = Body {
            kind,
            flexible: false,
            fields: Vec::new(),
            names: HashSet::new(),
        };
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
            return self.padding_bits(specifiers, body);
        }
        let mut declarator = self.declarator(Naming::Required)?;
        let width = match self.at(":") {
            true if declarator.parts.is_empty() => Some(self.width()?),
            true => {
                let message = "only an integer can be a bit-field; this has no width";
                return Err(self.error(self.token.span, message));
            }
            false => None,
        };
        // Attributes of a bit-field stand behind its width.
        declarator.attributes.merge(self.attributes()?);
        let attributes = self.settle(specifiers, &mut declarator)?;
        if let Some(span) = attributes.packed {
            let message =
                "`packed` on one field is not supported; pack the record, or describe its bytes";
            return Err(self.error(span, message));
        }
        self.refuse_layout(&Attributes {
            aligned: None,
            ..attributes.clone()
        })?;
        let Some((name, span)) = declarator.name else {
            return Err(self.expected("a name"));
        };
        if let Some(Part::Array(brackets)) = declarator.parts.first_mut()
            && brackets.len.is_none()
        {
            // Nothing of it belongs to the record: the same layout as with a length of 0.
            brackets.len = Some(0);
            self.check_flexible(body, name, brackets.span)?;
            body.flexible = true;
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
            width,
        });
        Ok(())
    }

    /// `: width`
    fn width(&mut self) -> Parse<u8> {
        self.bump()?;
        let (value, span) = self.non_negative("a bit-field width")?;
        u8::try_from(value).map_err(|_| {
            let message = format!("a bit-field of {value} bits; expected at most 64");
            self.error(span, message)
        })
    }

    /// A bit-field without a name.
    fn padding_bits(&mut self, specifiers: &Specifiers, body: &mut Body<'t>) -> Parse<()> {
        let width = Some(self.width()?);
        let mut attributes = specifiers.attributes.clone();
        attributes.merge(self.attributes()?);
        body.fields.push(Field {
            name: None,
            ty: specifiers.base.ty,
            align: attributes.aligned.map(|(align, _)| align),
            width,
        });
        Ok(())
    }

    /// "As a special case, the last element of a structure with more than one named member may have
    /// an incomplete array type; this is called a flexible array member" (C11 section 6.7.2.1,
    /// paragraph 18).
    fn check_flexible(&self, body: &Body<'t>, name: &str, span: Span) -> Parse<()> {
        let last = self.at(";") && self.text(self.peek()?.span) == "}";
        let others = body
            .fields
            .iter()
            .any(|f| f.name.is_some() || f.width.is_none());
        if last && others && body.kind == RecordKind::Struct {
            return Ok(());
        }
        let message = format!(
            "only the last of several fields of a struct can have no length; write `{name}[0]`"
        );
        Err(self.error(span, message))
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
            width: None,
        });
        Ok(())
    }
}

/// Lays the record out.
fn build(
    tag: Option<&str>,
    body: Body<'_>,
    packing: Option<u64>,
    attributes: &Attributes,
) -> Result<RecordType, TypeError> {
    let mut builder = RecordType::builder(body.kind, tag);
    // `#pragma pack` bounds the `aligned` of a field, `__attribute__((packed))` does not.
    let bounded = |align: u64| packing.map_or(align, |pack| align.min(pack));
    let mut natural = 1;
    let mut has_bits = false;
    for Field {
        name,
        ty,
        align,
        width,
    } in body.fields
    {
        natural = natural.max(ty.align());
        has_bits |= width.is_some();
        builder = builder.push(name, ty, align.map(bounded), width);
    }
    if attributes.packed.is_some() {
        let rules = attributes.rules.map_or(BitRules::HOST, |(rules, _)| rules);
        let why = match packing {
            _ if !has_bits => None,
            Some(2..) => Some("`packed` bit-fields under `#pragma pack`; leave one of them out"),
            _ if rules == BitRules::Microsoft => {
                Some("`packed` bit-fields by the rules of Windows; write `#pragma pack(1)`")
            }
            _ => None,
        };
        if let Some(why) = why {
            let ty = builder.to_string();
            return Err(TypeError::Ambiguous { ty, why });
        }
        builder = builder.packed(1);
    } else if let Some(pack) = packing.filter(|&pack| pack < natural || has_bits) {
        // Bit-fields cross units under any packing.
        builder = builder.packed(pack);
    }
    if body.flexible {
        builder = builder.ends_flexible();
    }
    if let Some((rules, _)) = attributes.rules {
        builder = builder.bit_rules(rules);
    }
    if let Some((align, _)) = attributes.aligned {
        builder = builder.align(align);
    }
    builder.build()
}
