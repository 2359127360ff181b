//! Whatever things are called.

use super::*;

#[derive(ForeignType)]
#[repr(C)]
struct r#Raw {
    r#type: u8,
    r#match: Small,
}

#[test]
fn raw_names_lose_their_prefix() {
    assert_eq!(fields::<Raw>(), [("type", 0), ("match", 1)]);
    assert_eq!(record::<Raw>().name, "Raw");
}

/// What `crate = path` must lead to, with traits that only this path has.
#[allow(unsafe_code, reason = "the traits are unsafe")]
mod elsewhere {
    pub(crate) use farcall::{Absent, ForeignRecord, RecordKind, RustField, RustType};

    /// # Safety
    /// None is needed: nothing is passed to C.
    pub(crate) unsafe trait IntoForeign<L>: Sized {
        type C;
        type Held;
        type Refusal;
        fn hold(self, library: L) -> Result<Self::Held, Self::Refusal>;
        fn give(held: &mut Self::Held) -> Self::C;
    }
    /// # Safety
    /// As above.
    pub(crate) unsafe trait FromForeign<L>: Sized {
        type C;
        /// # Safety
        /// As above.
        unsafe fn from_foreign(value: Self::C, library: L) -> Result<Self, Absent>;
    }

    /// # Safety
    /// None is needed: nothing is passed to C.
    pub(crate) unsafe trait ForeignType {
        const TYPE: RustType;
    }
    // SAFETY: nothing is passed to C.
    unsafe impl ForeignType for u8 {
        const TYPE: RustType = <u8 as farcall::ForeignType>::TYPE;
    }
    /// # Safety
    /// As above.
    pub(crate) unsafe trait ForeignResult: ForeignType {}
    // SAFETY: as above.
    unsafe impl ForeignResult for u8 {}
}

#[derive(ForeignType, ForeignResult)]
#[foreign(crate = crate::names::elsewhere)]
#[repr(C)]
struct Moved {
    x: u8,
}

#[test]
fn the_crate_may_be_elsewhere() {
    fn check<T: elsewhere::ForeignResult>() {}
    check::<Moved>();
    let ty = <Moved as elsewhere::ForeignType>::TYPE;
    assert_eq!(ty.to_string(), "Moved");
}

/// Names that the generated code must not take for its own.
#[allow(non_camel_case_types, reason = "hostile on purpose")]
mod hostile {
    mod core {}
    mod farcall {}
    struct Sized;
    struct RustType;
    type u8 = ::core::primitive::u16;

    #[derive(::farcall::ForeignType, ::farcall::ForeignResult)]
    #[repr(C)]
    pub(super) struct Hostile<T, ForeignType> {
        name: u8,
        check: T,
        other: ForeignType,
    }

    #[derive(::farcall::ForeignType)]
    #[repr(u8)]
    pub(super) enum Storage {
        A,
    }
}

#[test]
fn names_around_the_type_do_not_matter() {
    assert_eq!(
        fields::<hostile::Hostile<u32, bool>>(),
        [("name", 0), ("check", 4), ("other", 8)]
    );
    assert_eq!(hostile::Storage::TYPE, u8::TYPE);
}

#[derive(ForeignType)]
#[repr(C)]
struct Old {
    #[deprecated]
    x: u8,
}

#[test]
fn deprecated_fields_are_described_without_a_warning() {
    assert_eq!(fields::<Old>(), [("x", 0)]);
}
