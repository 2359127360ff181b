//! What C sees of a declared type, as far as it is known.
//!
//! Guarantee: a type that may not cross the boundary is an error where its method passes it, and
//! not a second one here: what the inherent constants do not know, [`Unknown`] has.
#![forbid(unsafe_code)]

use super::variable::ForeignVariable;
use super::{FromForeign, IntoForeign};
use crate::types::{ForeignType, RustType};
use std::marker::PhantomData;

/// A parameter of type `T` of a function of `L`.
pub struct Passed<T, L>(PhantomData<(T, L)>);

/// A result of type `T` of a function of `L`.
pub struct Returned<T, L>(PhantomData<(T, L)>);

/// A variable of type `T`.
pub struct Variable<T: ?Sized>(PhantomData<T>);

impl<T: IntoForeign<L>, L> Passed<T, L> {
    /// What C sees.
    pub const TYPE: RustType = <T::C as ForeignType>::TYPE;
    /// Whether it is a raw pointer.
    pub const RAW: bool = T::RAW;
}

impl<T: FromForeign<L>, L> Returned<T, L> {
    /// What C sees.
    pub const TYPE: RustType = <T::C as ForeignType>::TYPE;
}

impl<T: ForeignVariable + ?Sized> Variable<T> {
    /// What C sees.
    pub const TYPE: RustType = T::TYPE;
}

/// What is said of types that may not cross the boundary.
pub trait Unknown {
    /// Nothing.
    const TYPE: RustType = RustType::Void;
    /// Nothing.
    const RAW: bool = false;
}

impl<T, L> Unknown for Passed<T, L> {}
impl<T, L> Unknown for Returned<T, L> {}
impl<T: ?Sized> Unknown for Variable<T> {}
