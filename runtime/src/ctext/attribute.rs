//! `__attribute__((…))`, `[[…]]`, `__declspec(…)` and `_Alignas(…)`.
//!
//! Guarantee: an attribute that changes a layout or a call is obeyed or refused; only attributes
//! known to change neither are passed over.
#![forbid(unsafe_code)]

use super::declarator::Naming;
use super::lexer::Kind;
use super::parser::Parser;
use super::source::{Parse, Span};
use crate::error::TypeError;
use crate::types::{BitRules, CallConv};

/// What attributes say about a declaration, each with its place.
#[derive(Clone, Default, Debug)]
pub(super) struct Attributes {
    pub(super) packed: Option<Span>,
    pub(super) aligned: Option<(u64, Span)>,
    pub(super) convention: Option<(CallConv, Span)>,
    pub(super) non_null: Option<(NonNull, Span)>,
    pub(super) rules: Option<(BitRules, Span)>,
    /// The bytes of a vector whose lanes the type before it are.
    pub(super) vector: Option<(u64, Span)>,
}

/// The parameters that `nonnull` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NonNull {
    /// All pointers.
    All,
    /// These, counted from 1.
    Listed(Vec<u64>),
}

/// Attributes that change neither a layout nor a call.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "access", "alloc_align", "alloc_size", "always_inline", "artificial", "assume_aligned",
    "availability", "callback", "cdecl", "cold", "common", "const", "const_function", "constructor",
    "deprecated", "destructor", "diagnose_if", "dllexport", "dllimport", "enum_extensibility",
    "error", "externally_visible", "fallthrough", "fd_arg", "fd_arg_read", "fd_arg_write",
    "flag_enum", "flatten", "format", "format_arg", "gnu_inline", "hot", "ifunc", "leaf", "malloc",
    "may_alias", "maybe_unused", "must_use", "no_instrument_function", "no_sanitize", "noalias",
    "nodiscard", "noinline", "nonstring", "noreturn", "nothrow", "null_terminated_string_arg",
    "objc_boxable", "overloadable", "pure", "restrict", "retain", "returns_nonnull",
    "returns_twice", "section", "selectany", "sentinel", "swift_name", "tainted_args", "target",
    "unavailable", "unsequenced", "reproducible", "unused", "used", "visibility",
    "warn_if_not_aligned", "warn_unused_result", "warning", "weak", "weak_import", "_Noreturn",
];

/// Attributes and keywords that change how a function is called or a type is laid out, in ways
/// that cannot be expressed here.
#[rustfmt::skip]
const REFUSED: &[&str] = &[
    "aarch64_vector_pcs", "address_space", "arm_sve_vector_bits", "bitwidth", "btf_type_tag",
    "designated_init", "ext_vector_type", "fastcall", "force_align_arg_pointer",
    "hardbool", "interrupt", "mode", "ms_hook_prologue", "naked", "neon_vector_type",
    "no_caller_saved_registers", "pascal", "pcs", "preserve_all", "preserve_most", "preserve_none",
    "ptr32", "ptr64", "regcall", "regparm", "scalar_storage_order", "sseregparm", "stdcall",
    "strict_flex_array", "swiftasynccall", "swiftcall", "thiscall", "transparent_union",
    "vectorcall", "tls_model", "alias", "weakref", "cleanup",
];

impl Attributes {
    /// The convention that is not yet taken.
    pub(super) fn take_convention(&mut self) -> Option<(CallConv, Span)> {
        self.convention.take()
    }

    fn raise(&mut self, align: u64, span: Span) {
        let old = self.aligned.map_or(0, |(align, _)| align);
        self.aligned = Some((old.max(align), span));
    }

    /// Adds what `other` says.
    pub(super) fn merge(&mut self, other: Self) {
        self.packed = self.packed.or(other.packed);
        self.convention = other.convention.or(self.convention);
        self.rules = other.rules.or(self.rules);
        self.non_null = other.non_null.or(self.non_null.take());
        self.vector = other.vector.or(self.vector);
        if let Some((align, span)) = other.aligned {
            self.raise(align, span);
        }
    }
}

impl Parser<'_> {
    /// Whether an attribute stands here.
    pub(super) fn at_attribute(&self) -> Parse<bool> {
        Ok(match self.word() {
            Some("__attribute__" | "__attribute" | "__declspec" | "_declspec") => true,
            Some("_Alignas" | "alignas") => true,
            Some(word) => keyword(word).is_some(),
            None if self.at("[") => {
                let next = self.peek()?;
                next.kind == Kind::Mark && self.text(next.span) == "["
            }
            None => false,
        })
    }

    /// The attributes that stand here.
    pub(super) fn attributes(&mut self) -> Parse<Attributes> {
        let mut all = Attributes::default();
        while self.at_attribute()? {
            self.attribute_list(&mut all)?;
        }
        Ok(all)
    }

    fn attribute_list(&mut self, all: &mut Attributes) -> Parse<()> {
        let span = self.bump()?;
        match self.text(span) {
            "[" => {
                self.expect("[")?;
                self.attribute_items("]", all)?;
                self.expect("]")?;
            }
            "_Alignas" | "alignas" => self.nested(|p| p.align_as(span, all))?,
            "__declspec" | "_declspec" => {
                self.expect("(")?;
                self.attribute_items(")", all)?;
            }
            "__attribute__" | "__attribute" => {
                self.expect("(")?;
                self.expect("(")?;
                self.attribute_items(")", all)?;
                self.expect(")")?;
            }
            word => self.attribute(keyword(word).unwrap_or(word), span, all)?,
        }
        Ok(())
    }

    /// Attributes separated by commas or blanks, up to and with `close`.
    fn attribute_items(&mut self, close: &str, all: &mut Attributes) -> Parse<()> {
        while !self.eat(close)? {
            if self.eat(",")? {
                continue;
            }
            let Some(mut name) = self.word() else {
                return Err(self.expected(&format!("an attribute or `{close}`")));
            };
            let mut span = self.bump()?;
            if self.eat("::")? {
                name = self.word().ok_or_else(|| self.expected("an attribute"))?;
                span = self.bump()?;
            }
            self.nested(|p| p.attribute(plain(name), span, all))?;
        }
        Ok(())
    }

    /// Obeys, refuses or passes over the attribute `name`, whose arguments follow.
    fn attribute(&mut self, name: &str, span: Span, all: &mut Attributes) -> Parse<()> {
        match name {
            "packed" => all.packed = Some(span),
            "aligned" | "align" => {
                if !self.eat("(")? {
                    let message =
                        "`aligned` without a number depends on the compiler; write the number";
                    return Err(self.error(span, message));
                }
                let (align, place) = self.non_negative("an alignment")?;
                self.expect(")")?;
                self.check_align(align, place)?;
                all.raise(align, place);
            }
            "vector_size" => {
                self.expect("(")?;
                all.vector = Some(self.non_negative("a number of bytes")?);
                self.expect(")")?;
            }
            "ms_abi" => all.convention = Some((CallConv::Win64, span)),
            "sysv_abi" => all.convention = Some((CallConv::SysV64, span)),
            "nonnull" => {
                let list = self.non_null_list()?;
                all.non_null = Some((list, span));
            }
            "ms_struct" | "gcc_struct" => {
                all.rules = BitRules::chosen_by(name).map(|rules| (rules, span));
            }
            _ if HARMLESS.contains(&name) => self.skip_arguments()?,
            _ if REFUSED.contains(&name) => {
                let message = format!(
                    "`{}` changes how values are stored or passed, and is not supported",
                    self.text(span)
                );
                return Err(self.error(span, message));
            }
            _ => {
                let message = format!(
                    "unknown attribute {}; leave it out if it changes neither the layout nor the call",
                    self.quote(span)
                );
                return Err(self.error(span, message));
            }
        }
        Ok(())
    }

    fn check_align(&self, align: u64, span: Span) -> Parse<()> {
        if align.is_power_of_two() && align <= 1 << 28 {
            return Ok(());
        }
        Err(self.type_error(span, TypeError::Alignment { align }))
    }

    /// `(type)` or `(constant)` after `_Alignas`.
    fn align_as(&mut self, span: Span, all: &mut Attributes) -> Parse<()> {
        let typed = self.at("(") && self.after_bracket_type()?;
        self.expect("(")?;
        if typed {
            let ty = self.type_name(Naming::Forbidden)?.ty;
            all.raise(ty.align(), span);
        } else {
            let (align, place) = self.non_negative("an alignment")?;
            // C11 section 6.7.5, paragraph 6: zero has no effect.
            if align != 0 {
                self.check_align(align, place)?;
                all.raise(align, place);
            }
        }
        self.expect(")").map(drop)
    }

    fn non_null_list(&mut self) -> Parse<NonNull> {
        if !self.eat("(")? {
            return Ok(NonNull::All);
        }
        let mut list = Vec::new();
        while !self.eat(")")? {
            let (number, span) = self.non_negative("a parameter number")?;
            if number == 0 || list.len() > crate::types::FnType::MAX_PARAMS {
                return Err(self.error(span, "parameters are counted from 1"));
            }
            list.push(number);
            if !self.at(")") {
                self.expect(",")?;
            }
        }
        Ok(if list.is_empty() {
            NonNull::All
        } else {
            NonNull::Listed(list)
        })
    }

    /// Passes over balanced parentheses.
    fn skip_arguments(&mut self) -> Parse<()> {
        let open = self.token.span;
        if !self.eat("(")? {
            return Ok(());
        }
        let mut depth = 1u64;
        while depth > 0 {
            if self.at_end() {
                return Err(self.error(open, "this `(` has no `)`"));
            }
            depth += u64::from(self.at("("));
            depth -= u64::from(self.at(")"));
            self.bump()?;
        }
        Ok(())
    }
}

/// `__name__` without its underscores.
fn plain(name: &str) -> &str {
    name.strip_prefix("__")
        .map_or(name, |rest| rest.strip_suffix("__").unwrap_or(name))
}

/// The attribute that a keyword of the Windows compilers stands for.
fn keyword(word: &str) -> Option<&'static str> {
    Some(match word {
        "__cdecl" | "_cdecl" => "cdecl",
        "__stdcall" | "_stdcall" => "stdcall",
        "__fastcall" | "_fastcall" => "fastcall",
        "__thiscall" => "thiscall",
        "__vectorcall" => "vectorcall",
        "__pascal" => "pascal",
        "__ptr32" => "ptr32",
        "__ptr64" => "ptr64",
        _ => return None,
    })
}
