//! What C gets as the context of closures that a declared function takes.
//!
//! Guarantee: what C holds is the address of a block, never that of a closure. A closure runs only
//! on a thread where it may and, if it changes what it captures, once at a time; no panic crosses C.
//! The block of closures that outlive their call is freed once: when whoever keeps it has let it go
//! and nobody is inside.
//!
//! C must not call after its time: after the call for a block on the stack ([`Borrowed`]), after the
//! handle has ended ([`Kept`](super::kept::Kept)), after it has said that it is done
//! ([`Notified`]). That is what the author of a safe declaration vouches for.
#![allow(unsafe_code, reason = "C hands the address of a block back")]

mod owner;

pub use owner::{Borrowed, Notified, Unkept};

use super::failure::{self, Failure};
use super::thread;
use crate::declaration::FunctionDeclaration;
use crate::error::{Error, ErrorKind};
use crate::library::Library;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};

/// What is known of a block whatever its closures.
#[repr(C)]
pub struct Head {
    /// The thread whose calls run closures; 0 if any thread's do.
    owner: u64,
    /// Of closures that run once at a time, those that are running, a bit each.
    busy: AtomicU32,
    /// Calls on threads where no closure may run.
    elsewhere: AtomicU32,
    /// Who uses a block on the heap: whoever keeps it, and everyone inside.
    holders: AtomicUsize,
    /// Whether C has said that it is done.
    destroyed: AtomicBool,
    /// Frees a block on the heap.
    free: Option<unsafe fn(*mut Head)>,
    function: &'static FunctionDeclaration,
    library: &'static Library,
}

/// A block: its head, and the closures that share one context.
#[repr(C)]
pub(crate) struct Context<L, F> {
    head: Head,
    instance: L,
    closures: UnsafeCell<F>,
}

/// On which threads closures run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// On the one that made them.
    Own,
    /// On any; they are `Send`, and `Sync` unless they run once at a time.
    Any,
}

/// Whose closures they are.
#[derive(Clone, Copy)]
pub struct Origin {
    /// The function that takes them.
    pub function: &'static FunctionDeclaration,
    /// Its library.
    pub library: &'static Library,
}

impl<L, F> Context<L, F> {
    fn new(instance: L, closures: F, threads: Threads, origin: Origin) -> Self {
        let id = thread::id();
        Self {
            head: Head {
                owner: if threads == Threads::Own { id } else { 0 },
                busy: AtomicU32::new(0),
                elsewhere: AtomicU32::new(0),
                holders: AtomicUsize::new(1),
                destroyed: AtomicBool::new(false),
                free: None,
                function: origin.function,
                library: origin.library,
            },
            instance,
            closures: UnsafeCell::new(closures),
        }
    }

    /// A block on the heap, which one holder has.
    fn boxed(instance: L, closures: F, threads: Threads, origin: Origin) -> *mut Head {
        let mut block = Box::new(Self::new(instance, closures, threads, origin));
        block.head.free = Some(free_as::<L, F>);
        Box::into_raw(block).cast()
    }
}

unsafe fn free_as<L, F>(head: *mut Head) {
    // SAFETY: `boxed` made it from a box of this type, and the last holder frees it.
    drop(unsafe { Box::from_raw(head.cast::<Context<L, F>>()) });
}

/// Ends a hold; the last one frees the block.
///
/// # Safety
/// The caller has a hold, and does not use the block again.
pub(in crate::callback) unsafe fn release(head: *mut Head) {
    // SAFETY: the caller's hold keeps it alive.
    let (before, free) = unsafe {
        (
            (*head).holders.fetch_sub(1, Ordering::Release),
            (*head).free,
        )
    };
    if let (1, Some(free)) = (before, free) {
        // What others did with the closures came before they let go.
        fence(Ordering::Acquire);
        // SAFETY: nobody holds it any more.
        unsafe { free(head) };
    }
}

/// As [`release`], where C is on the stack, which a panicking destructor must not unwind.
unsafe fn release_under_c(head: *mut Head) {
    // SAFETY: the caller's hold keeps it alive.
    let (function, library) = unsafe { ((*head).function, (*head).library) };
    // SAFETY: forwarded to the caller.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| unsafe { release(head) })) {
        report(Failure::Panic(payload), "closure", function, library);
    }
}

/// One closure of a block, as its shim knows it.
#[derive(Clone, Copy)]
pub struct Site {
    /// Which of the block's closures it is.
    pub closure: u32,
    /// Which parameter of the function it is.
    pub param: usize,
}

/// Runs a closure that C calls; `run` reaches it among the closures of its block. Returns
/// `fallback` if it may not run here or now, or fails.
///
/// # Safety
/// - C got `context` from a block of `L` and `F`, and calls in its time.
/// - `run` calls the closure of this site mutably only if `ONCE` is set, and looks at no other one.
/// - If the block runs on any thread, its closures may.
#[inline(always)]
pub unsafe fn enter<const ONCE: bool, L: Copy, F, R>(
    context: *mut c_void,
    site: Site,
    fallback: MaybeUninit<R>,
    run: impl FnOnce(*mut F, L, &Head) -> Result<R, Error>,
) -> MaybeUninit<R> {
    let context = context.cast::<Context<L, F>>();
    // SAFETY: forwarded to the caller.
    let head = unsafe { &(*context).head };
    if !head.begin::<ONCE>(site) {
        return fallback;
    }
    // SAFETY: as above.
    let closures = unsafe { UnsafeCell::raw_get(&raw const (*context).closures) };
    // SAFETY: as above.
    let instance = unsafe { (*context).instance };
    let outcome = catch_unwind(AssertUnwindSafe(|| run(closures, instance, head)));
    let result = match outcome {
        Ok(Ok(value)) => MaybeUninit::new(value),
        Ok(Err(error)) => {
            head.fail(Failure::Error(error), site);
            fallback
        }
        Err(payload) => {
            head.panicked(payload, site);
            fallback
        }
    };
    head.end::<ONCE>(site);
    if head.free.is_some() {
        // SAFETY: `begin` took this hold.
        unsafe { release_under_c(context.cast()) };
    }
    result
}

impl Head {
    /// Enters a closure, if it may run here and now.
    #[inline(always)]
    fn begin<const ONCE: bool>(&self, site: Site) -> bool {
        if (self.owner != thread::entry() || self.owner == 0) && !self.admits() {
            self.refuse(site);
            return false;
        }
        if ONCE && !self.occupy(site) {
            self.refuse(site);
            return false;
        }
        if self.free.is_some() {
            self.holders.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// Whether closures of this block run on this thread, which is not its own.
    #[inline(always)]
    fn admits(&self) -> bool {
        self.owner == 0 && !thread::is_pending()
    }

    /// Marks a closure as running, unless it is.
    #[inline(always)]
    fn occupy(&self, site: Site) -> bool {
        let bit = 1 << site.closure;
        let before = match self.owner {
            0 => self.busy.fetch_or(bit, Ordering::Acquire),
            _ => {
                let before = self.busy.load(Ordering::Relaxed);
                self.busy.store(before | bit, Ordering::Relaxed);
                before
            }
        };
        before & bit == 0
    }

    #[inline(always)]
    fn end<const ONCE: bool>(&self, site: Site) {
        let others = !(1 << site.closure);
        if !ONCE {
            return;
        }
        match self.owner {
            0 => {
                self.busy.fetch_and(others, Ordering::Release);
            }
            _ => {
                let busy = self.busy.load(Ordering::Relaxed);
                self.busy.store(busy & others, Ordering::Relaxed);
            }
        }
    }

    /// Keeps why a closure did not run.
    #[cold]
    #[inline(never)]
    fn refuse(&self, site: Site) {
        if self.owner != 0 && self.owner != thread::id() {
            let before = self.elsewhere.fetch_add(1, Ordering::Relaxed);
            if self.free.is_none() {
                // The call that lent it says so when it returns.
                return;
            }
            let wrong = Failure::Error(self.blame(ErrorKind::WrongThread { calls: 1 }, site));
            if let (Err(_), 0) = (thread::keep(wrong), before) {
                self.tell("was called on another thread than its own, where it does not run");
            }
        } else if !thread::is_pending() {
            let again = Failure::Error(self.blame(ErrorKind::Reentered, site));
            if thread::keep(again).is_err() {
                self.tell("was called while it was running, and its closure is an `FnMut`");
            }
        }
    }

    /// The error, said of one of the closures.
    pub(crate) fn blame(&self, error: impl Into<Error>, site: Site) -> Error {
        let name = param(self.function, site);
        let title = format!("callback {name} of {}", self.function.name());
        error.into().of_function(&title, Some(self.library))
    }

    #[cold]
    #[inline(never)]
    fn panicked(&self, payload: Box<dyn Any + Send>, site: Site) {
        self.fail(Failure::Panic(payload), site);
    }

    #[cold]
    #[inline(never)]
    fn fail(&self, failure: Failure, site: Site) {
        let failure = match failure {
            Failure::Error(error) => Failure::Error(self.blame(error, site)),
            panic @ Failure::Panic(_) => panic,
        };
        let name = param(self.function, site);
        report(failure, name, self.function, self.library);
    }

    /// Says on standard error what nobody else can be told.
    fn tell(&self, what: &str) {
        let (function, library) = (self.function.name(), self.library.name());
        // Nobody may be listening.
        let _ = writeln!(
            std::io::stderr(),
            "farcall: a closure of {function} {what} (in {library})"
        );
    }
}

fn param(function: &'static FunctionDeclaration, site: Site) -> &'static str {
    let param = function.params.get(site.param);
    param.map_or("closure", |param| param.name)
}

/// Passes a failure on to the collecting call around it.
#[cold]
fn report(failure: Failure, name: &str, function: &FunctionDeclaration, library: &Library) {
    let Err(failure) = thread::keep(failure) else {
        return;
    };
    let (function, library) = (function.name(), library.name());
    failure::abort(&format!(
        "the closure {name} of {function} (in {library}) failed where no call of farcall can pass \
         it on: {failure}; mark the function that calls it with `#[calls_back]`"
    ));
}
