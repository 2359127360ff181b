//! Declarator and base type → type.
//!
//! Guarantee: a type is made only if C has it; the parts are applied in C's order, from the base
//! type towards the name.
#![forbid(unsafe_code)]

use super::attribute::NonNull;
use super::declarator::{Declarator, Function, Part};
use super::parser::Parser;
use super::source::{Parse, Span};
use crate::error::TypeError;
use crate::types::{FnType, MAX_DEPTH, Type, TypeKind};

/// A type, and whether the object that has it is `const`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Qualified {
    pub(super) ty: Type,
    pub(super) is_const: bool,
}

/// Keyword and tag of a type that is known by its tag only.
pub(super) fn tag_of(ty: Type) -> Option<(&'static str, &'static str)> {
    match ty.kind() {
        TypeKind::Opaque { name } => name.split_once(' '),
        _ => None,
    }
}

impl Parser<'_> {
    /// The type of what `declarator` declares.
    pub(super) fn apply(
        &self,
        base: Qualified,
        base_span: Span,
        declarator: &Declarator<'_>,
    ) -> Parse<Qualified> {
        let base = self.vector(base, declarator.vector)?;
        self.apply_parts(base, base_span, &declarator.parts)
    }

    /// The vector of `vector` bytes with lanes of the type `base`, if there is one.
    pub(super) fn vector(&self, base: Qualified, vector: Option<(u64, Span)>) -> Parse<Qualified> {
        let Some((bytes, span)) = vector else {
            return Ok(base);
        };
        let lane = base.ty.size().unwrap_or(1);
        if !bytes.is_multiple_of(lane) {
            let message = format!("{bytes} bytes are no whole number of `{}`", base.ty);
            return Err(self.error(span, message));
        }
        let ty = base.ty.vector(bytes / lane);
        let ty = ty.map_err(|cause| self.type_error(span, cause))?;
        Ok(Qualified { ty, ..base })
    }

    /// The type of a parameter: arrays and functions become pointers (C11 section 6.7.6.3,
    /// paragraphs 7 and 8).
    pub(super) fn apply_parameter(
        &self,
        base: Qualified,
        base_span: Span,
        declarator: &Declarator<'_>,
    ) -> Parse<Type> {
        if let [Part::Array(array), inner @ ..] = &*declarator.parts {
            let base = self.vector(base, declarator.vector)?;
            let element = self.apply_parts(base, base_span, inner)?;
            self.check_element(element.ty, base_span)?;
            return Ok(pointer(element, array.is_static));
        }
        let whole = self.apply(base, base_span, declarator)?;
        Ok(match *whole.ty.kind() {
            TypeKind::Array { element, .. } => pointer(
                Qualified {
                    ty: element,
                    ..whole
                },
                false,
            ),
            TypeKind::Function(_) => whole.ty.pointer(),
            _ => whole.ty,
        })
    }

    fn apply_parts(
        &self,
        base: Qualified,
        base_span: Span,
        parts: &[Part<'_>],
    ) -> Parse<Qualified> {
        let mut whole = base;
        for part in parts.iter().rev() {
            whole = match part {
                Part::Pointer(star) => {
                    let ty = pointer(whole, star.non_null);
                    if ty.depth() > MAX_DEPTH {
                        let limit = MAX_DEPTH;
                        return Err(self.type_error(star.span, TypeError::TooDeep { limit }));
                    }
                    Qualified {
                        ty,
                        is_const: star.is_const,
                    }
                }
                Part::Array(array) => {
                    self.check_element(whole.ty, base_span)?;
                    let Some(len) = array.len else {
                        let message =
                            "an array of unknown length; write its length between `[` and `]`";
                        return Err(self.error(array.span, message));
                    };
                    let ty = whole.ty.array(len);
                    Qualified {
                        ty: ty.map_err(|cause| self.type_error(array.span, cause))?,
                        ..whole
                    }
                }
                Part::Function(function) => Qualified {
                    ty: self.function_type(whole.ty, base_span, function)?.into(),
                    is_const: false,
                },
            };
        }
        Ok(whole)
    }

    fn check_element(&self, ty: Type, span: Span) -> Parse<()> {
        match ty.kind() {
            TypeKind::Function(_) => {
                let message = "an array of functions; write an array of pointers to functions";
                Err(self.error(span, message))
            }
            _ if ty.size().is_none() => Err(self.sizeless(ty, "an array element", span)),
            _ => Ok(()),
        }
    }

    fn function_type(&self, result: Type, span: Span, function: &Function<'_>) -> Parse<FnType> {
        let params = &function.params;
        if let Some(excess) = params.excess {
            let cause = TypeError::TooMany {
                what: "parameters",
                count: params.count,
                limit: FnType::MAX_PARAMS as u64,
            };
            return Err(self.type_error(excess, cause));
        }
        if matches!(result.kind(), TypeKind::Opaque { .. }) {
            return Err(self.sizeless(result, "the result", span));
        }
        let mut builder = FnType::builder().result(result);
        for (index, &(name, ty)) in params.list.iter().enumerate() {
            let non_null = match &function.non_null {
                None => false,
                Some(NonNull::All) => true,
                Some(NonNull::Listed(list)) => list.contains(&(index as u64 + 1)),
            };
            let ty = if non_null { ty.non_null() } else { ty };
            builder = match name {
                Some(name) => builder.param(name, ty),
                None => builder.unnamed_param(ty),
            };
        }
        if params.variadic {
            builder = builder.variadic();
        }
        if let Some(convention) = function.convention {
            builder = builder.call_conv(convention);
        }
        let place = match matches!(
            result.kind(),
            TypeKind::Array { .. } | TypeKind::Function(_)
        ) {
            true => span.to(function.span),
            false => function.span,
        };
        builder
            .build()
            .map_err(|cause| self.type_error(place, cause))
    }
}

fn pointer(to: Qualified, non_null: bool) -> Type {
    let is_function = matches!(to.ty.kind(), TypeKind::Function(_));
    let pointer = if to.is_const && !is_function {
        to.ty.const_pointer()
    } else {
        to.ty.pointer()
    };
    if non_null {
        pointer.non_null()
    } else {
        pointer
    }
}
