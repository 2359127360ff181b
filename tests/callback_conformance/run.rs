//! Lets the functions of a batch call callbacks of every engine and kind.
#![allow(unsafe_code, reason = "this is what is tested")]

use crate::batch::{self, Progress};
use crate::closure::Ledger;
use crate::compare::{compare, compare_parts, compare_record};
use crate::ctype::{CLeaf, CRecord, CType, scalar};
use crate::generate::{Case, Variant};
use crate::job::{ENGINES, Job, Stats};
use crate::lower::layout;
use crate::random::Random;
use crate::source::places;
use crate::values::{self, Guarded};
use crate::watch;
use farcall::{
    CallConv, Callback, Engine, Error, ErrorKind, FnType, Library, OwnedValue, Scalar, Type,
    TypeKind, Value,
};
use farcall_jit::abi::{Abi, Returning, SYSV_X64, WIN_X64};
use farcall_jit::layout::Signature;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard};

/// The state of a batch.
pub(crate) struct Run {
    library: Library,
    sent: *mut u8,
    log: *mut u8,
    memory: Guarded,
    random: Random,
    progress: Progress,
    pub(crate) stats: Stats,
}

/// A function that calls callbacks.
struct Subject<'a> {
    case: &'a Case,
    variant: Variant,
    ty: FnType,
    params: Vec<CType>,
    result: Option<&'a CType>,
    function: *const c_void,
}

/// What a callback and its test share.
#[derive(Clone)]
struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    fn get(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().expect("a comparison panicked")
    }
}

impl Run {
    pub(crate) fn new(job: &Job, library: Library) -> Result<Self, String> {
        Ok(Self {
            sent: batch::buffer(&library, "conf_sent")?,
            log: batch::buffer(&library, "conf_log")?,
            library,
            memory: Guarded::new(),
            random: Random::new(job.seed, !job.first),
            progress: Progress::new(job)?,
            stats: Stats::default(),
        })
    }

    pub(crate) fn variant(&mut self, case: &Case, variant: Variant) -> Result<(), String> {
        let symbol = self.library.symbol(&case.function(variant));
        let on = Subject {
            case,
            variant,
            ty: case.ty(variant),
            params: case.params(variant),
            result: case.result.as_ref(),
            function: symbol.map_err(|error| error.to_string())?.address(),
        };
        for (engine, refused) in ENGINES.into_iter().zip(0..) {
            match self.engine(&on, engine) {
                Ok(()) => {}
                Err(Failed::Refused(error)) if on.may_refuse(engine, &error) => {
                    self.stats.refused[refused] += 1;
                }
                Err(Failed::Refused(error)) => return Err(format!("engine {engine}: {error}")),
                Err(Failed::Wrong(what)) => return Err(format!("engine {engine}, {what}")),
            }
        }
        self.stats.functions += 1;
        Ok(())
    }

    fn engine(&mut self, on: &Subject<'_>, engine: Engine) -> Result<(), Failed> {
        let shared = Shared(Arc::new(Mutex::new(Ledger {
            params: on.params.clone(),
            result: on.result.cloned(),
            sent: Vec::new(),
            ordered: &[],
            calls: 0,
            leaves: 0,
            wrong: None,
        })));
        let closure = || {
            let shared = shared.clone();
            move |args: &[Value<'_>]| shared.get().receive(args)
        };
        let builder = || Callback::builder().engine(engine);
        let confined = builder().new(on.ty, closure())?;
        assert_eq!(confined.engine(), engine);
        self.calls(on, &confined, &shared, "Callback::new")?;
        let receive = closure();
        let owned = move |args: &[Value<'_>]| Ok::<_, Error>(OwnedValue::from(receive(args)));
        let changing = builder().new_mut(on.ty, owned)?;
        self.calls(on, &changing, &shared, "Callback::new_mut")?;
        let anywhere = builder().any_thread().new(on.ty, closure())?;
        self.calls(on, &anywhere, &shared, "any_thread")?;
        Ok(())
    }

    /// Two calls of a callback.
    fn calls<P>(
        &mut self,
        on: &Subject<'_>,
        callback: &Callback<FnType, P>,
        shared: &Shared,
        path: &str,
    ) -> Result<(), Failed> {
        let engine = callback.engine();
        self.progress
            .note(on.case, on.variant, &format!("engine {engine}, {path}"));
        if callback.ty() != on.ty {
            return Err(Failed::Wrong(format!("its type is {}", callback.ty())));
        }
        for guarded in [true, false] {
            let called = self.call(on, callback.as_ptr(), shared, guarded);
            called.map_err(|what| Failed::Wrong(format!("{path}\n{what}")))?;
        }
        Ok(())
    }

    /// A call; `guarded` lets the callback write a record before a page that must not be touched.
    fn call(
        &mut self,
        on: &Subject<'_>,
        callback: *const c_void,
        shared: &Shared,
        guarded: bool,
    ) -> Result<(), String> {
        let ordered = self.send(on, shared);
        let size = on.result.map_or(0, CType::size);
        let place = self.memory.place(Guarded::PLACES - 1, size);
        let in_memory = on.is_in_memory();
        let redirected = (in_memory && guarded).then_some((place, size));
        on.call(watch::watch(callback, on.variant.conv, redirected));
        let mut ledger = shared.get();
        if let Some(what) = ledger.wrong.take() {
            return Err(what);
        }
        let runs = std::mem::take(&mut ledger.calls);
        if runs != 1 {
            return Err(format!("the closure ran {runs} times"));
        }
        self.stats.leaves += std::mem::take(&mut ledger.leaves);
        let watch::Seen { wanted, results } = watch::seen()?;
        if in_memory && watch::RETURNS_ADDRESS {
            let at = redirected.map_or(wanted, |(place, _)| place as u64);
            compare(
                "the address of the result",
                &at.to_le_bytes(),
                &results[0].to_le_bytes(),
            )?;
        }
        self.returned(on, ordered, &results)
            .map_err(|what| format!("result{what}"))?;
        self.stats.calls += 1;
        Ok(())
    }

    /// Makes arguments for C and a result for the callback, which it returns.
    fn send(&mut self, on: &Subject<'_>, shared: &Shared) -> &'static [u8] {
        let random = &mut self.random;
        let argument = |ty| quiet(ty, values::bytes(ty, random));
        let sent: Vec<_> = on.params.iter().map(argument).collect();
        let (places, end) = places(&on.params);
        // SAFETY: the buffer of the C side is larger than any arguments, which it does not read now.
        let buffer = unsafe { std::slice::from_raw_parts_mut(self.sent, end) };
        buffer.fill_with(|| random.next() as u8);
        for (at, bytes) in places.into_iter().zip(&sent) {
            buffer[at..at + bytes.len()].copy_from_slice(bytes);
        }
        let result = on.result.map_or(Vec::new(), |ty| values::bytes(ty, random));
        // SAFETY: as above.
        unsafe { self.log.write_bytes(0xee, result.len().max(8)) };
        let ordered = self.memory.copy(Guarded::PLACES - 2, &result);
        let mut ledger = shared.get();
        ledger.sent = sent;
        ledger.ordered = ordered;
        ordered
    }

    /// Compares the result that C logged with the ordered one.
    fn returned(
        &mut self,
        on: &Subject<'_>,
        ordered: &[u8],
        registers: &[u64; 4],
    ) -> Result<(), String> {
        let Some(ty) = on.result else { return Ok(()) };
        let size = ordered.len().max(8);
        // SAFETY: the buffer of the C side is larger than any result, which it does not write now.
        let log = unsafe { std::slice::from_raw_parts(self.log, size) };
        let Some(scalar) = narrow(ty) else {
            let log = &log[..ordered.len()];
            self.stats.leaves += match ty {
                CType::Record(_) => compare_record(ty, ordered, log)?,
                _ => compare_parts(ty, ordered, log)?,
            };
            return Ok(());
        };
        let expected = values::load(scalar, ordered).to_le_bytes();
        let (size, register) = match scalar.is_float() {
            true => (scalar.size(), registers[2]),
            false => (8, registers[0]),
        };
        compare("", &expected[..size], &log[..size])?;
        // Compilers rely on it that an integer fills 32 bits.
        let size = scalar.size().max(4);
        compare(
            " in its register",
            &expected[..size],
            &register.to_le_bytes()[..size],
        )?;
        self.stats.leaves += 1;
        Ok(())
    }
}

/// Why a callback was not tested, or not well.
enum Failed {
    /// The engine does not make it.
    Refused(Error),
    Wrong(String),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Subject<'_> {
    /// Lets C call `callback`.
    fn call(&self, callback: *const c_void) {
        // SAFETY: the callback has the type that the function was generated for.
        unsafe { caller::call(self.variant.conv, self.function, callback) };
    }

    /// Whether C passes an address where the result is to be written.
    ///
    /// If the plan were wrong about this, the result would not be found.
    fn is_in_memory(&self) -> bool {
        let abi = match self.variant.conv {
            CallConv::SysV64 => &SYSV_X64,
            CallConv::Win64 => &WIN_X64,
            _ => Abi::host().expect("generated code"),
        };
        let signature = Signature {
            params: Vec::new(),
            result: self.result.map(layout),
            fixed: None,
        };
        let plan = abi.plan(&signature).expect("a plan");
        matches!(plan.result, Returning::Memory { .. })
    }

    /// Whether an engine may say of this type that it does not make callbacks of it.
    fn may_refuse(&self, engine: Engine, error: &Error) -> bool {
        let sysv = cfg!(target_arch = "x86_64") && self.variant.conv != CallConv::Win64;
        let known = match engine {
            Engine::Libffi => {
                let types = || self.params.iter().chain(self.result);
                types().any(|ty| is_record(ty, &caller::may_refuse))
                    || types().any(|ty| ty.has(&lacks))
                    || sysv && self.params.iter().any(|ty| is_record(ty, &has_hollow))
            }
            _ => false,
        };
        known && matches!(error.kind(), ErrorKind::Unsupported { .. })
    }
}

/// How the generated functions are called, and what of their conventions the test knows.
#[cfg(target_arch = "x86_64")]
mod caller {
    use super::{CRecord, CallConv, c_void};

    /// Whether libffi may refuse a record.
    pub(super) fn may_refuse(record: &CRecord) -> bool {
        record.ty.align() > 16
    }

    type SysV = unsafe extern "sysv64" fn(*const c_void);
    type Win64 = unsafe extern "win64" fn(*const c_void);

    /// Calls a generated function.
    ///
    /// # Safety
    /// `function` is a generated one of this convention, and `callback` is of its type.
    pub(super) unsafe fn call(conv: CallConv, function: *const c_void, callback: *const c_void) {
        if conv == CallConv::Win64 {
            // SAFETY: the generated function has this type.
            let function: Win64 = unsafe { std::mem::transmute(function) };
            // SAFETY: forwarded to the caller.
            unsafe { function(callback) };
        } else {
            // SAFETY: as above.
            let function: SysV = unsafe { std::mem::transmute(function) };
            // SAFETY: as above.
            unsafe { function(callback) };
        }
    }
}

/// As above.
#[cfg(target_arch = "aarch64")]
mod caller {
    use super::{CRecord, CallConv, c_void};

    /// Whether libffi may refuse a record: some registers are of even number for it.
    pub(super) fn may_refuse(record: &CRecord) -> bool {
        record.ty.align() > 16 || record.natural_align > 8
    }

    type Function = unsafe extern "C" fn(*const c_void);

    /// Calls a generated function.
    ///
    /// # Safety
    /// `function` is a generated one, and `callback` is of its type.
    pub(super) unsafe fn call(_: CallConv, function: *const c_void, callback: *const c_void) {
        // SAFETY: the generated function has this type.
        let function: Function = unsafe { std::mem::transmute(function) };
        // SAFETY: forwarded to the caller.
        unsafe { function(callback) };
    }
}

/// The bytes of an argument, without a signalling NaN: gcc moves floats to the stack also through
/// registers in which there is none.
fn quiet(ty: &CType, bytes: Vec<u8>) -> Vec<u8> {
    if let TypeKind::Complex { part } = *ty.ty().kind() {
        let part = CType::Scalar(scalar("", part));
        let halves = bytes.chunks(part.size());
        return halves
            .flat_map(|half| quiet(&part, half.to_vec()))
            .collect();
    }
    let Some(scalar) = narrow(ty) else {
        return bytes;
    };
    let bits = values::load(scalar, &bytes);
    let quiet = match scalar {
        Scalar::F32 if f32::from_bits(bits as u32).is_nan() => bits | 1 << 22,
        Scalar::F64 if f64::from_bits(bits).is_nan() => bits | 1 << 51,
        _ => return bytes,
    };
    quiet.to_le_bytes()[..bytes.len()].to_vec()
}

/// The scalar in a word, of those that Rust has.
fn narrow(ty: &CType) -> Option<Scalar> {
    match ty {
        CType::Scalar(scalar) => scalar.narrow(),
        _ => None,
    }
}

/// What libffi may refuse: it has no vectors and no halves, and lacks others in places.
fn lacks(ty: Type) -> bool {
    use Scalar::{F16, I128, LongDouble, U128};
    match *ty.kind() {
        TypeKind::Vector { .. } => true,
        TypeKind::Complex { part } => lacks(part),
        _ => matches!(ty.scalar(), Some(F16 | I128 | U128 | LongDouble)),
    }
}

fn is_record(ty: &CType, of: &dyn Fn(&CRecord) -> bool) -> bool {
    match ty {
        CType::Record(record) => of(record),
        _ => false,
    }
}

/// Whether eight bytes of a record in registers are all padding.
fn has_hollow(record: &CRecord) -> bool {
    let size = record.ty.size() as usize;
    let is_empty = |start| {
        let inside = |leaf: &CLeaf| {
            let end = leaf.offset + leaf.ty.size().unwrap_or(0) as usize;
            leaf.offset < start + 8 && end > start
        };
        !record.leaves.iter().any(inside)
    };
    size <= 16 && (0..size).step_by(8).any(is_empty)
}
