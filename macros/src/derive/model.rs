//! The type as the derives see it: its layout attributes, its fields, its variants.

use crate::diagnostics::Errors;
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Generics, Member, Path, Token, Type, Variant};

/// The type that the derive stands on.
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where `farcall` is found.
    pub(crate) krate: Path,
    pub(crate) repr: Repr,
    pub(crate) body: Body<'a>,
}

pub(crate) enum Body<'a> {
    Struct(Vec<Field<'a>>),
    Union(Vec<Field<'a>>),
    Enum(Token![enum], Vec<&'a Variant>),
}

pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    /// Its name without `r#`, or its number.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    /// Whether it is a `PhantomData`, which C does not see.
    pub(crate) is_marker: bool,
}

/// What `#[repr(…)]` says.
#[derive(Default)]
pub(crate) struct Repr {
    pub(crate) is_c: bool,
    pub(crate) transparent: Option<Ident>,
    /// The integer that an enum is stored in.
    pub(crate) integer: Option<Ident>,
    /// `Rust`, `simd` and whatever else says nothing about C.
    pub(crate) other: Option<Ident>,
}

/// The integers of C that an enum may be stored in.
const INTEGERS: [&str; 10] = [
    "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize",
];

impl<'a> Model<'a> {
    pub(crate) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: read_crate(&input.attrs, errors),
            repr: Repr::read(&input.attrs),
            body: match &input.data {
                Data::Struct(data) => Body::Struct(read_fields(data.fields.iter(), errors)),
                Data::Union(data) => Body::Union(read_fields(data.fields.named.iter(), errors)),
                Data::Enum(data) => Body::Enum(data.enum_token, data.variants.iter().collect()),
            },
        }
    }

    /// The fields of a struct or union.
    pub(crate) fn fields(&self) -> &[Field<'a>] {
        match &self.body {
            Body::Struct(fields) | Body::Union(fields) => fields,
            Body::Enum(..) => &[],
        }
    }

    /// The fields that C sees.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields().iter().filter(|field| !field.is_marker)
    }

    /// The fields that C does not see.
    pub(crate) fn markers(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields().iter().filter(|field| field.is_marker)
    }
}

impl Repr {
    fn read(attrs: &[Attribute]) -> Self {
        let mut repr = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
            // The compiler itself reports what is wrong with a `repr`.
            let _ = attr.parse_nested_meta(|meta| {
                if meta.input.peek(syn::token::Paren) {
                    let argument;
                    syn::parenthesized!(argument in meta.input);
                    argument.parse::<syn::LitInt>()?;
                }
                if let Some(word) = meta.path.get_ident() {
                    repr.word(word);
                }
                Ok(())
            });
        }
        repr
    }

    fn word(&mut self, word: &Ident) {
        match word.to_string().as_str() {
            "C" => self.is_c = true,
            "transparent" => self.transparent = Some(word.clone()),
            "packed" | "align" => {}
            name if INTEGERS.contains(&name) => self.integer = Some(word.clone()),
            _ => self.other = Some(word.clone()),
        }
    }
}

/// The path in `#[foreign(crate = path)]`.
fn read_crate(attrs: &[Attribute], errors: &mut Errors) -> Path {
    let mut found = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("foreign")) {
        let read = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown argument; expected `crate = path`"));
            }
            let path: Path = meta.value()?.parse()?;
            match found.replace(path) {
                None => Ok(()),
                Some(_) => Err(meta.error("`crate` is given twice; keep one")),
            }
        });
        if let Err(error) = read {
            errors.push(error);
        }
    }
    found.unwrap_or_else(|| syn::parse_quote!(::farcall))
}

fn read_fields<'a>(
    fields: impl Iterator<Item = &'a syn::Field>,
    errors: &mut Errors,
) -> Vec<Field<'a>> {
    let read = fields.enumerate().map(|(index, field)| {
        for attr in field.attrs.iter().filter(|a| a.path().is_ident("foreign")) {
            errors.at(attr, "`foreign` says nothing about a field; remove it");
        }
        Field {
            member: match &field.ident {
                Some(ident) => Member::Named(ident.clone()),
                None => Member::Unnamed(index.into()),
            },
            name: match &field.ident {
                Some(ident) => ident.unraw().to_string(),
                None => index.to_string(),
            },
            ty: &field.ty,
            is_marker: is_marker(&field.ty),
        }
    });
    read.collect()
}

/// Whether a type is written as `PhantomData`; the expansion proves that it is the real one.
fn is_marker(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => {
            let last = ty.path.segments.last();
            last.is_some_and(|segment| segment.ident == "PhantomData")
        }
        Type::Group(group) => is_marker(&group.elem),
        Type::Paren(paren) => is_marker(&paren.elem),
        _ => false,
    }
}
