//! Calls with Rust values whose types are known.
//!
//! Guarantee: nothing is called before the number, the kinds and the ranges of all arguments were
//! checked against the declaration, by the same rules whichever way and engine is used. No call
//! path takes a lock or a system call, and none with up to 16 scalar arguments allocates.
#![allow(
    unsafe_code,
    reason = "a call is a promise about the function's declaration"
)]

use super::unwind::{Collect, CollectWith, collecting, no_unwind};
use super::{Function, check};
use crate::Errno;
#[cfg(windows)]
use crate::LastError;
use crate::backend::{self, Prepared};
use crate::convert::{Arguments, CallResult, CallSite, Site};
use crate::errno::Capture;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
#[cfg(doc)]
use crate::library::Library;
use crate::types::CallConv;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;

impl Function {
    /// Calls it with a tuple of Rust values. The types are compared with the declaration at the
    /// first call; after that a call costs one comparison more than a function pointer.
    ///
    /// A variadic function takes any number of extra arguments, which are passed as C passes them:
    /// `f32` as `double`, `bool` and integers of fewer than 32 bits as `int`. Nobody checks that
    /// they are what the function expects: an integer literal is an `i32`, so write `5i64` where it
    /// expects a `long long`. Such a call goes through the engine.
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", any(feature = "jit", feature = "libffi")))] {
    /// use farcall::Library;
    /// let snprintf = Library::this()?
    ///     .function("int snprintf(char *to, size_t size, const char *format, ...)")?;
    /// let mut text = [0u8; 16];
    /// // SAFETY: the arguments are those that the format asks for.
    /// let length: i32 = unsafe {
    ///     snprintf.call((&mut text[..], 16usize, c"%d, %.2f, %s", 7, 0.5f32, c"end"))?
    /// };
    /// assert_eq!(&text[..length as usize], b"7, 0.50, end");
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Safety
    /// - The declaration is that of the function.
    /// - The values are ones that the function may be called with now, on this thread; for a
    ///   variadic function this holds for the types of the extra arguments too.
    ///
    /// # Errors
    /// Nothing was called if it returns one.
    /// - [`ErrorKind::Arity`], [`ErrorKind::Argument`], [`ErrorKind::Result`]: the Rust types are
    ///   not those of the declaration.
    /// - [`ErrorKind::Null`]: an argument is null where the declaration forbids it.
    /// - [`ErrorKind::Unsupported`], [`ErrorKind::TooLarge`], [`ErrorKind::Memory`]: the function is
    ///   variadic, and its engine cannot pass these extra arguments, or there is none.
    #[inline]
    pub unsafe fn call<A: Arguments, R: CallResult>(&self, arguments: A) -> Result<R> {
        // Named once: another mention may be another copy of the constant.
        let site = Site::<A, R>::SITE;
        let key = Site::<A, R>::key(site);
        let verified = std::ptr::eq(self.verified.load(Ordering::Relaxed), key);
        // SAFETY: the types were verified if there is a target; the rest is forwarded to the
        // caller.
        unsafe {
            let first = |arguments| self.call_first(site, arguments, Capture::Nothing);
            arguments.invoke_or(verified.then_some(self.target), Collect, first)
        }
    }

    /// Calls it as [`Function::call`] does and returns what it left in `errno`, which is 0 before
    /// the call.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use farcall::Library;
    /// let close = Library::this()?.function("int close(int fd)")?;
    /// // SAFETY: closing a descriptor that cannot exist harms nobody.
    /// let (result, errno) = unsafe { close.call_errno::<_, i32>((-1,))? };
    /// assert_eq!((result, errno.to_string()), (-1, "errno 9: Bad file descriptor".into()));
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// As [`Function::call`].
    #[inline]
    pub unsafe fn call_errno<A: Arguments, R: CallResult>(
        &self,
        arguments: A,
    ) -> Result<(R, Errno)> {
        let site = Site::<A, R>::SITE;
        let key = Site::<A, R>::key(site);
        let verified = std::ptr::eq(self.verified.load(Ordering::Relaxed), key);
        let mut errno = Errno(0);
        let mut of_first = Errno(0);
        // SAFETY: the types were verified if there is a target; the rest is forwarded to the
        // caller.
        let result = unsafe {
            let first = |arguments| self.call_first(site, arguments, Capture::Errno(&mut of_first));
            let target = verified.then_some(self.target);
            arguments.invoke_or(target, CollectWith(Capture::Errno(&mut errno)), first)
        };
        Ok((result?, if verified { errno } else { of_first }))
    }

    /// Calls it as [`Function::call`] does and returns what it left for `GetLastError`, which is 0
    /// before the call. On Windows only.
    ///
    /// ```
    /// use farcall::Library;
    /// // SAFETY: every program has it.
    /// let kernel32 = unsafe { Library::open("kernel32.dll")? };
    /// let delete = kernel32.function("int DeleteFileA(const char *name)")?;
    /// // SAFETY: the declaration is that of the system's headers.
    /// let (done, error) = unsafe { delete.call_last_error::<_, i32>((c"C:\\farcall.none",))? };
    /// assert_eq!((done, error.0), (0, 2));
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Safety
    /// As [`Function::call`].
    ///
    /// # Errors
    /// As [`Function::call`].
    #[cfg(windows)]
    #[inline]
    pub unsafe fn call_last_error<A: Arguments, R: CallResult>(
        &self,
        arguments: A,
    ) -> Result<(R, LastError)> {
        let site = Site::<A, R>::SITE;
        let key = Site::<A, R>::key(site);
        let verified = std::ptr::eq(self.verified.load(Ordering::Relaxed), key);
        let mut error = LastError(0);
        let mut of_first = LastError(0);
        // SAFETY: the types were verified if there is a target; the rest is forwarded to the
        // caller.
        let result = unsafe {
            let capture = Capture::LastError(&mut of_first);
            let first = |arguments| self.call_first(site, arguments, capture);
            let target = verified.then_some(self.target);
            let around = CollectWith(Capture::LastError(&mut error));
            arguments.invoke_or(target, around, first)
        };
        Ok((result?, if verified { error } else { of_first }))
    }

    #[cold]
    unsafe fn call_first<A: Arguments, R: CallResult>(
        &self,
        site: &'static CallSite,
        arguments: A,
        capture: Capture<'_>,
    ) -> Result<R> {
        // SAFETY: forwarded to the caller.
        collecting(|| unsafe { self.call_unverified(site, arguments, capture) })?
    }

    /// A call whose types are not known to be the declared ones, or that rustc cannot make.
    unsafe fn call_unverified<A: Arguments, R: CallResult>(
        &self,
        site: &'static CallSite,
        arguments: A,
        capture: Capture<'_>,
    ) -> Result<R> {
        if self.ty.is_variadic() {
            // SAFETY: forwarded to the caller.
            return unsafe { self.call_variadic(site, arguments, capture) };
        }
        match self.verify(site) {
            // SAFETY: the types were verified; the rest is forwarded to the caller.
            Ok(true) => unsafe { self.call_checked(arguments, capture) },
            // SAFETY: as above.
            Ok(false) => unsafe { self.call_indirect(arguments, capture) },
            Err(error) => Err(self.blame(arguments.with_slots(|slots| {
                check::site_values(self.ty, site, slots)
                    .err()
                    .unwrap_or(error)
            }))),
        }
    }

    /// Compares the types of `site` with the declaration, and says whether rustc may call with
    /// them. `site` is remembered, apart if the values have to be looked at or rustc may not.
    fn verify(&self, site: &'static CallSite) -> Result<bool> {
        let plain = site.native && check::convention(self.ty, CallConv::C).is_ok();
        let remembered = match plain && !self.ty.has_non_null() {
            true => &self.verified,
            false => &self.verified_apart,
        };
        let (last, key) = (remembered.load(Ordering::Relaxed), site.key());
        // The compiler may have made several copies of the constant for one list of types.
        // SAFETY: null, or a key that was stored below.
        if !std::ptr::eq(last, key) && unsafe { CallSite::of_key(last) } != Some(site) {
            check::site(self.ty, site)?;
        }
        remembered.store(key.cast_mut(), Ordering::Relaxed);
        Ok(plain)
    }

    /// A call by rustc after the values were looked at: pointers may have to be other than null.
    unsafe fn call_checked<A: Arguments, R: CallResult>(
        &self,
        arguments: A,
        capture: Capture<'_>,
    ) -> Result<R> {
        let check = |slots: &[u64]| {
            self.check_nulls(slots)?;
            capture.before();
            Ok(())
        };
        // SAFETY: the types were verified; the rest is forwarded to the caller.
        let result = no_unwind(|| unsafe { arguments.invoke_checked(self.target, check) });
        capture.after();
        result
    }

    /// A call whose types were verified, but which rustc cannot make: one in another convention, or
    /// with types that it does not pass as C does.
    unsafe fn call_indirect<A: Arguments, R: CallResult>(
        &self,
        arguments: A,
        capture: Capture<'_>,
    ) -> Result<R> {
        let engine = self.require_engine()?;
        arguments.with_slots(|slots| {
            self.check_nulls(slots)?;
            // SAFETY: the types were verified and there is a slot for each; the rest is forwarded
            // to the caller.
            Ok(unsafe { self.call_engine(engine, slots, capture) })
        })
    }

    /// A call by `engine` with filled slots, for a result of a Rust type.
    ///
    /// # Safety
    /// As [`Prepared::call`], and `R` is the type of the result.
    pub(super) unsafe fn call_engine<R: CallResult>(
        &self,
        engine: Prepared,
        slots: &[u64],
        capture: Capture<'_>,
    ) -> R {
        /// Room for a result, rounded up to 8 bytes.
        #[repr(C, align(8))]
        struct Room<R>(MaybeUninit<R>, u64);
        // Not every byte of a `long double` is written.
        let mut room = Room(MaybeUninit::<R>::zeroed(), 0);
        let place = (&raw mut room).cast::<u64>();
        capture.before();
        // SAFETY: forwarded to the caller; the room has the size of the result and 8 bytes more.
        let bits = no_unwind(|| unsafe { engine.call(self.target, slots.as_ptr(), place) });
        capture.after();
        if R::TYPE.is_direct() {
            // SAFETY: as above.
            unsafe { place.write(bits) };
        }
        // SAFETY: what is direct lies in the low bytes of its word, everything else was written, and
        // every bit pattern is a valid `R`.
        unsafe { room.0.assume_init() }
    }

    pub(crate) fn check_nulls(&self, slots: &[u64]) -> Result<()> {
        if !self.ty.has_non_null() {
            return Ok(());
        }
        check::nulls(self.ty, slots).map_err(|error| self.blame(error))
    }

    pub(super) fn require_engine(&self) -> Result<Prepared> {
        match self.engine {
            Some(engine) => Ok(engine),
            None => backend::prepare(self.ty, None).map_err(|error| self.blame(error)),
        }
    }
}
