//! The macros of `farcall`; use them through that crate.
#![forbid(unsafe_code)]

mod args;
mod check;
mod derive;
mod diagnostics;
mod expand;
mod foreign_lib;
mod lifetime;
mod model;
mod names;
mod parse;
mod sources;

use proc_macro::TokenStream;

/// Implements `ForeignType`: values of the type may be passed to C.
///
/// It accepts
/// - `#[repr(C)]` structs with named or numbered fields, also with `packed` and `align`, and
///   `#[repr(C)]` unions;
/// - `#[repr(transparent)]` structs around one field, which C sees as that field;
/// - enums without fields that are `#[repr(C)]` or `#[repr(u8)]`, …: C sees the integer.
///
/// Every field must itself be a `ForeignType`, except for `PhantomData`, which C does not see. A
/// type parameter must be a `ForeignType` too if a field holds it other than behind a raw pointer.
///
/// `#[foreign(crate = path)]` says where `farcall` is found; by default that is `::farcall`.
#[proc_macro_derive(ForeignType, attributes(foreign))]
pub fn derive_foreign_type(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    derive::foreign_type(&input).into()
}

/// Implements `ForeignResult`: values of the type may also come from C.
///
/// It accepts structs and unions all of whose fields are `ForeignResult`. An enum is refused,
/// because C can return numbers that none of its variants has.
///
/// `#[foreign(crate = path)]` says where `farcall` is found; by default that is `::farcall`.
#[proc_macro_derive(ForeignResult, attributes(foreign))]
pub fn derive_foreign_result(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    derive::foreign_result(&input).into()
}

/// Declares a C library that is found at run time; `farcall::foreign_lib` says how.
#[proc_macro_attribute]
pub fn foreign_lib(args: TokenStream, item: TokenStream) -> TokenStream {
    foreign_lib::expand(args.into(), item.into()).into()
}
