//! Which promises do the public types make to threads, and how large are they?

use farcall::callback::{
    AnyThread, CallbackBuilder, Dispatched, Dispatcher, Queued, Scope, Stopper,
};
use farcall::{
    Attempt, CallConv, Callback, CloseError, EnumType, Error, ErrorKind, Field, FnType,
    FnTypeBuilder, ForeignRecord, Library, OpenFlags, OpenOptions, Param, Position, RecordBuilder,
    RecordKind, RecordType, RustField, RustType, Scalar, StillInUse, Symbol, SyntaxError, Type,
    TypeError, TypeKind,
};
use std::panic::{RefUnwindSafe, UnwindSafe};

macro_rules! shared_by_threads {
    ($($ty:ty),* $(,)?) => {{
        fn check<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}
        $(check::<$ty>();)*
    }};
}

#[test]
fn everything_may_be_shared_by_threads() {
    shared_by_threads!(
        Attempt,
        CallConv,
        CloseError,
        EnumType,
        Error,
        ErrorKind,
        Field,
        FnType,
        FnTypeBuilder,
        ForeignRecord,
        Library,
        OpenFlags,
        OpenOptions,
        Param,
        Position,
        RecordBuilder,
        RecordKind,
        RecordType,
        RustField,
        RustType,
        Scalar,
        StillInUse,
        Symbol,
        SyntaxError,
        Type,
        TypeError,
        TypeKind,
    );
}

#[cfg(feature = "macros")]
#[test]
fn declarations_may_be_shared_by_threads() {
    shared_by_threads!(
        farcall::Absent,
        farcall::Declaration,
        farcall::FunctionDeclaration,
        farcall::MissingSymbol,
        farcall::ParamDeclaration,
        farcall::Presence,
        farcall::VariableDeclaration,
    );
}

#[test]
fn builders_may_be_sent() {
    fn check<T: Send>() {}
    check::<CallbackBuilder>();
    check::<CallbackBuilder<AnyThread>>();
}

#[test]
fn callbacks_for_any_thread_may_be_shared_by_threads() {
    shared_by_threads!(
        Callback<FnType, AnyThread>,
        Callback<unsafe extern "C" fn(i32) -> i32, AnyThread>,
        Stopper,
    );
}

/// Does not compile if a type is what it must not be: then it is not known which `check` is meant.
macro_rules! never {
    ($marker:ident: $($ty:ty),* $(,)?) => {{
        trait Ambiguous<A> {
            fn check() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $marker> Ambiguous<u8> for T {}
        $(<$ty as Ambiguous<_>>::check();)*
    }};
}

#[test]
fn what_belongs_to_a_thread_stays_there() {
    // On another thread, `new` would take a closure of that thread for one of the dispatcher's.
    never!(
        Send: CallbackBuilder<Dispatched>,
        CallbackBuilder<Queued>,
        Callback,
        Callback<FnType, Dispatched>,
        Callback<FnType, Queued>,
        Dispatcher,
        Scope<'static, 'static>,
    );
    never!(
        Sync: CallbackBuilder<Dispatched>,
        Callback,
        Callback<FnType, Dispatched>,
        Dispatcher,
        Scope<'static, 'static>,
    );
}

#[test]
fn errors_may_be_boxed_and_sent() {
    fn check<T: std::error::Error + Send + Sync + 'static>() {}
    check::<Error>();
    check::<CloseError>();
    check::<StillInUse>();
    check::<TypeError>();
    check::<SyntaxError>();
}

#[test]
fn what_is_passed_around_is_small() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Error>(), word);
    assert_eq!(size_of::<farcall::Result<()>>(), word);
    assert_eq!(size_of::<Library>(), word);
    assert_eq!(size_of::<Option<Library>>(), word);
    assert_eq!(size_of::<Type>(), word);
    assert_eq!(size_of::<FnType>(), word);
    assert_eq!(size_of::<RecordType>(), word);
    assert_eq!(size_of::<Callback>(), word);
    assert_eq!(size_of::<Symbol>(), 4 * word);
    assert_eq!(size_of::<Option<Symbol>>(), 4 * word);
}
