//! Rust values at the boundary of calls whose Rust types are known at compile time.
//!
//! Guarantee: a list of arguments that implements [`Arguments`] is passed by rustc exactly as an
//! `extern "C"` function pointer with its C types would pass it, if its [`CallSite`] is native.
#![allow(unsafe_code, reason = "a function pointer is made from an address")]

pub(crate) use crate::site::{CallSite, Site};
use crate::types::{CallConv, ForeignResult, ForeignType, RustType, Scalar};
use std::ffi::{CStr, c_char, c_void};

/// A value that may be an argument of [`Function::call`](crate::Function::call): a [`ForeignType`],
/// a C string, or a slice, which is passed as a pointer to its first element.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to C",
    label = "not a `ForeignType`, `&CStr` or slice",
    note = "derive `ForeignType` for a `#[repr(C)]` struct; pass text as `&CStr`, as in `c\"text\"`"
)]
pub trait Argument {
    /// What is passed.
    type C: ForeignType;
    /// It as what is passed.
    fn into_c(self) -> Self::C;
}

impl<T: ForeignType> Argument for T {
    type C = T;

    #[inline(always)]
    fn into_c(self) -> T {
        self
    }
}

impl Argument for &CStr {
    type C = *const c_char;

    #[inline(always)]
    fn into_c(self) -> *const c_char {
        self.as_ptr()
    }
}

impl<T: ForeignType> Argument for &[T] {
    type C = *const T;

    #[inline(always)]
    fn into_c(self) -> *const T {
        self.as_ptr()
    }
}

impl<T: ForeignType> Argument for &mut [T] {
    type C = *mut T;

    #[inline(always)]
    fn into_c(self) -> *mut T {
        self.as_mut_ptr()
    }
}

mod sealed {
    pub trait Arguments {}
    pub trait CallResult {}
    pub trait ForeignFn {}
}

/// What a call may return to Rust: `()`, or a [`ForeignResult`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not come from C",
    label = "C can return bit patterns that are not a valid `{Self}`",
    note = "take an integer, a float, a raw pointer or a record that derives `ForeignResult`, and check it in Rust"
)]
pub trait CallResult: sealed::CallResult + Sized {
    /// What C sees.
    #[doc(hidden)]
    const TYPE: RustType;
}

impl sealed::CallResult for () {}
impl CallResult for () {
    const TYPE: RustType = RustType::Void;
}

impl<T: ForeignResult> sealed::CallResult for T {}
impl<T: ForeignResult> CallResult for T {
    const TYPE: RustType = <T as ForeignType>::TYPE;
}

/// What happens before and after a call, with nothing in between.
#[doc(hidden)]
pub trait Around<E> {
    /// What `call` returns, which calls C.
    ///
    /// # Errors
    /// What came out of the call instead of a result.
    fn around<T>(self, call: impl FnOnce() -> T) -> Result<T, E>;
}

/// A tuple of up to 16 arguments.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of arguments",
    label = "expected a tuple of up to 16 arguments",
    note = "write `(x,)` for one argument and `()` for none; `call_values` takes more than 16"
)]
pub trait Arguments: sealed::Arguments + Sized {
    /// What C sees of each.
    #[doc(hidden)]
    const TYPES: &'static [RustType];

    /// Calls `target` as rustc calls a function pointer with these types.
    ///
    /// # Safety
    /// `target` is a C function of these types, sound to call with these values.
    #[doc(hidden)]
    unsafe fn invoke<R: CallResult>(self, target: *const c_void) -> R;

    /// [`invoke`](Arguments::invoke)s `target` inside of `around`, or hands the arguments to
    /// `otherwise` if there is no target; they stay in registers if there is one.
    ///
    /// # Safety
    /// As [`invoke`](Arguments::invoke), if there is a target.
    #[doc(hidden)]
    unsafe fn invoke_or<R: CallResult, E>(
        self,
        target: Option<*const c_void>,
        around: impl Around<E>,
        otherwise: impl FnOnce(Self) -> Result<R, E>,
    ) -> Result<R, E>;

    /// Calls `target` as [`Arguments::invoke`] does, unless `check` refuses the slots of the
    /// arguments. Nothing but the call happens after `check`.
    ///
    /// # Safety
    /// As [`Arguments::invoke`].
    #[doc(hidden)]
    unsafe fn invoke_checked<R: CallResult>(
        self,
        target: *const c_void,
        check: impl FnOnce(&[u64]) -> crate::Result<()>,
    ) -> crate::Result<R>;

    /// Lends the slots of the arguments: scalars of at most 8 bytes extended to 64 bits, addresses of
    /// everything else.
    #[doc(hidden)]
    fn with_slots<O>(self, f: impl FnOnce(&[u64]) -> O) -> O;
}

/// The slot of one argument.
#[inline]
pub(crate) fn slot<T: ForeignType>(value: &T) -> u64 {
    let address = (&raw const *value).cast::<u8>();
    let scalar = match T::TYPE {
        RustType::Scalar(scalar) => scalar,
        // A vector of one word is in its slot.
        RustType::Vector(..) if T::TYPE.is_direct() => Scalar::U64,
        _ => return address as u64,
    };
    // SAFETY: a type that is described as a scalar has at least the bytes of that scalar.
    let bytes = unsafe { std::slice::from_raw_parts(address, scalar.size()) };
    crate::value::load(scalar, bytes)
}

macro_rules! tuples {
    ($($param:ident $index:tt)*) => {
        impl<$($param: Argument),*> sealed::Arguments for ($($param,)*) {}

        impl<$($param: Argument),*> Arguments for ($($param,)*) {
            const TYPES: &'static [RustType] = &[$(<$param::C as ForeignType>::TYPE),*];

            #[inline(always)]
            unsafe fn invoke<Out: CallResult>(self, target: *const c_void) -> Out {
                type Target<Out, $($param),*> = unsafe extern "C-unwind" fn($($param),*) -> Out;
                // SAFETY: the caller promises that a C function of these types lies there.
                let target: Target<Out, $($param::C),*> = unsafe { std::mem::transmute(target) };
                // SAFETY: forwarded to the caller.
                unsafe { target($(self.$index.into_c()),*) }
            }

            #[inline(always)]
            unsafe fn invoke_or<Out: CallResult, Err>(
                self,
                target: Option<*const c_void>,
                around: impl Around<Err>,
                otherwise: impl FnOnce(Self) -> Result<Out, Err>,
            ) -> Result<Out, Err> {
                // Passing a tuple by address here would keep it in memory on the way that calls.
                #[cold]
                #[inline(never)]
                #[allow(clippy::too_many_arguments, reason = "so that they stay apart")]
                #[allow(non_snake_case, reason = "a value is named like its type")]
                fn apart<Then: FnOnce(($($param,)*)) -> Result<Out, Err>, Out, Err, $($param),*>(
                    then: Then,
                    $($param: $param),*
                ) -> Result<Out, Err> {
                    then(($($param,)*))
                }
                let Some(target) = target else {
                    return apart(otherwise, $(self.$index),*);
                };
                let values = ($(self.$index.into_c(),)*);
                // SAFETY: forwarded to the caller; what is passed has the same types.
                around.around(move || unsafe { values.invoke(target) })
            }

            unsafe fn invoke_checked<Out: CallResult>(
                self,
                target: *const c_void,
                check: impl FnOnce(&[u64]) -> crate::Result<()>,
            ) -> crate::Result<Out> {
                let values = ($(self.$index.into_c(),)*);
                check(&[$(slot(&values.$index)),*])?;
                // SAFETY: forwarded to the caller; what is passed has the same types.
                Ok(unsafe { values.invoke(target) })
            }

            fn with_slots<Out>(self, f: impl FnOnce(&[u64]) -> Out) -> Out {
                let values = ($(self.$index.into_c(),)*);
                let slots = [$(slot(&values.$index)),*];
                let out = f(&slots);
                let _ = values;
                out
            }
        }
    };
}

tuples!();
tuples!(A 0);
tuples!(A 0 B 1);
tuples!(A 0 B 1 C 2);
tuples!(A 0 B 1 C 2 D 3);
tuples!(A 0 B 1 C 2 D 3 E 4);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14);
tuples!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15);

/// An `unsafe` function pointer of up to 16 parameters, or of up to 8 and `...`, that
/// [`Function::typed`](crate::Function::typed) can return.
///
/// Safe function pointers are refused: whoever declared the function vouches for its types, not
/// for what it does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be had from a C declaration",
    label = "expected an `unsafe extern \"C\" fn` of `ForeignType`s with a `ForeignResult`",
    note = "write `unsafe extern \"C\" fn(..) -> ..`, with raw pointers instead of references"
)]
pub trait ForeignFn: sealed::ForeignFn + Copy {
    /// What Rust says of the call.
    #[doc(hidden)]
    const SITE: &'static CallSite;
    /// The calling convention.
    #[doc(hidden)]
    const CONV: CallConv;
    /// Whether it ends in `...`.
    #[doc(hidden)]
    const VARIADIC: bool;

    /// The function pointer to `address`.
    ///
    /// # Safety
    /// A function of this type lies there.
    #[doc(hidden)]
    unsafe fn from_address(address: *const c_void) -> Self;
}

macro_rules! functions {
    ($abi:literal $conv:ident: $($param:ident)*) => {
        functions!([unsafe extern $abi fn($($param),*) -> Out] $conv false: $($param)*);
    };
    ([$fn:ty] $conv:ident $variadic:literal: $($param:ident)*) => {
        impl<Out: CallResult, $($param: ForeignType),*> sealed::ForeignFn for $fn {}

        impl<Out: CallResult, $($param: ForeignType),*> ForeignFn for $fn {
            const SITE: &'static CallSite =
                &CallSite::new(&[$($param::TYPE),*], Out::TYPE);
            const CONV: CallConv = CallConv::$conv;
            const VARIADIC: bool = $variadic;

            unsafe fn from_address(address: *const c_void) -> Self {
                // SAFETY: forwarded to the caller.
                unsafe { std::mem::transmute(address) }
            }
        }
    };
}

macro_rules! conventions {
    ($($params:tt)*) => {
        functions!("C" C: $($params)*);
        functions!("C-unwind" C: $($params)*);
        // There it is another convention, which C text cannot declare.
        #[cfg(not(all(windows, target_arch = "x86")))]
        functions!("system" C: $($params)*);
        #[cfg(target_arch = "x86_64")]
        functions!("sysv64" SysV64: $($params)*);
        #[cfg(target_arch = "x86_64")]
        functions!("win64" Win64: $($params)*);
    };
}

conventions!();
conventions!(A);
conventions!(A B);
conventions!(A B C);
conventions!(A B C D);
conventions!(A B C D E);
conventions!(A B C D E F);
conventions!(A B C D E F G);
conventions!(A B C D E F G H);
conventions!(A B C D E F G H I);
conventions!(A B C D E F G H I J);
conventions!(A B C D E F G H I J K);
conventions!(A B C D E F G H I J K L);
conventions!(A B C D E F G H I J K L M);
conventions!(A B C D E F G H I J K L M N);
conventions!(A B C D E F G H I J K L M N O);
conventions!(A B C D E F G H I J K L M N O P);

/// Rust has such types with a named parameter at least, in the platform's own convention only.
macro_rules! variadic {
    ($($param:ident)*) => {
        functions!([unsafe extern "C" fn($($param),*, ...) -> Out] C true: $($param)*);
        functions!([unsafe extern "C-unwind" fn($($param),*, ...) -> Out] C true: $($param)*);
    };
}

variadic!(A);
variadic!(A B);
variadic!(A B C);
variadic!(A B C D);
variadic!(A B C D E);
variadic!(A B C D E F);
variadic!(A B C D E F G);
variadic!(A B C D E F G H);
