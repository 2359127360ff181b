//! A row of the table: a function type, whose callbacks C calls with known bytes.
#![allow(unsafe_code, reason = "C and the callbacks share bytes")]

use farcall::callback::CallbackFn;
use farcall::{Callback, Engine, ErrorKind, Library};
use std::ffi::c_void;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// The bytes of a value and what lies behind it.
pub(crate) type Bytes = [u8; 64];

/// A type of the table.
///
/// # Safety
/// Bytes that went through `fix` begin with a valid value.
pub(crate) unsafe trait Sample: Copy + PartialEq + Debug + 'static {
    /// Makes any bytes those of a value.
    fn fix(_: &mut Bytes) {}
}

/// What the table knows of a type.
pub(crate) struct Sampler {
    fix: fn(&mut Bytes),
    compare: fn(&Bytes, &Bytes) -> Result<(), String>,
    align: usize,
}

impl Sampler {
    pub(crate) const fn of<T: Sample>() -> Self {
        Self {
            fix: T::fix,
            compare: |expected, found| compare(read::<T>(expected), read::<T>(found)),
            align: align_of::<T>(),
        }
    }

    fn make(&self, random: &mut u64) -> Bytes {
        let mut bytes = std::array::from_fn(|_| {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // No float of such bytes is a NaN, which would not equal itself.
            match (*random >> 56) as u8 {
                byte if byte & 0x7f == 0x7f => byte ^ 0x40,
                byte => byte,
            }
        });
        (self.fix)(&mut bytes);
        bytes
    }
}

fn read<T: Sample>(bytes: &Bytes) -> T {
    const { assert!(size_of::<T>() <= size_of::<Bytes>()) };
    // SAFETY: the bytes went through `fix`, here or before C copied them.
    unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
}

fn compare<T: Sample>(expected: T, found: T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {found:?}"))
}

/// The types of a row.
pub(crate) struct Types {
    pub(crate) params: &'static [Sampler],
    pub(crate) result: Sampler,
}

/// See the module; shared by the test and the closures.
#[derive(Clone)]
pub(crate) struct Row {
    name: &'static str,
    engine: Engine,
    state: Arc<Mutex<State>>,
}

struct State {
    sent: [Bytes; 12],
    ordered: Bytes,
    runs: u32,
    wrong: Option<String>,
}

impl Row {
    pub(crate) fn new(name: &'static str, engine: Engine) -> Self {
        let state = State {
            sent: [[0; 64]; 12],
            ordered: [0; 64],
            runs: 0,
            wrong: None,
        };
        Self {
            name,
            engine,
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a comparison panicked")
    }

    /// A closure received this.
    pub(crate) fn argument<T: Sample>(&self, index: Option<usize>, found: T) {
        let mut state = self.state();
        let index = index.expect("an argument");
        let compared = compare(read(&state.sent[index]), found);
        let wrong = compared.map_err(|what| format!("argument {index}: {what}"));
        state.wrong = state.wrong.take().or(wrong.err());
    }

    /// What the closure is to return.
    pub(crate) fn result<T: Sample>(&self) -> T {
        let mut state = self.state();
        state.runs += 1;
        read(&state.ordered)
    }

    /// Lets the function of this name call the callback in every library.
    pub(crate) fn check<F: CallbackFn, P>(
        &self,
        way: &str,
        callback: farcall::Result<Callback<F, P>>,
        types: &Types,
    ) {
        let title = format!("{}, {}, {way}", self.name, self.engine);
        let mut all = types.params.iter().chain([&types.result]);
        let refused = self.engine == Engine::Libffi && all.any(|sampler| sampler.align > 16);
        let callback = match callback {
            Ok(callback) if !refused => callback,
            Ok(_) => panic!("{title}: not refused"),
            Err(error) => {
                let named = matches!(error.kind(), ErrorKind::Unsupported { .. });
                assert!(refused && named, "{title}: {error}");
                return;
            }
        };
        assert_eq!(callback.engine(), self.engine);
        for (number, (compiled, library)) in libraries().iter().enumerate() {
            let called = self.call(library, callback.as_ptr(), types, number);
            called.unwrap_or_else(|what| panic!("{title}, {compiled}: {what}"));
        }
    }

    fn call(
        &self,
        library: &Library,
        callback: *const c_void,
        types: &Types,
        number: usize,
    ) -> Result<(), String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock();
        let address = |name| library.symbol(name).expect("a symbol").address();
        let sent = address("types_sent").cast::<Bytes>().cast_mut();
        let log = address("types_log").cast::<Bytes>().cast_mut();
        let mut random = number as u64;
        for (index, param) in types.params.iter().enumerate() {
            let bytes = param.make(&mut random);
            // SAFETY: there are 12 places.
            unsafe { sent.add(index).write(bytes) };
            self.state().sent[index] = bytes;
        }
        self.state().ordered = types.result.make(&mut random);
        // SAFETY: the variable has this type.
        unsafe { log.write([0; 64]) };
        // SAFETY: the function has this type.
        let function: unsafe extern "C" fn(*const c_void) =
            unsafe { std::mem::transmute(address(self.name)) };
        // SAFETY: the callback has the type of the row that this is.
        unsafe { function(callback) };
        // SAFETY: as above.
        let mut found = unsafe { log.read() };
        let mut state = self.state();
        if let Some(wrong) = state.wrong.take() {
            return Err(wrong);
        }
        if std::mem::take(&mut state.runs) != 1 {
            return Err("the closure did not run once".to_owned());
        }
        (types.result.fix)(&mut found);
        let compared = (types.result.compare)(&state.ordered, &found);
        compared.map_err(|what| format!("result: {what}"))
    }
}

/// The fixture as the usual compiler made it, and by gcc and clang at -O0 and -O2.
fn libraries() -> &'static [(String, Library)] {
    static LIBRARIES: OnceLock<Vec<(String, Library)>> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let ways = ["", "_gcc_O0", "_gcc_O2", "_clang_O0", "_clang_O2"];
        let open = |way: &str| {
            let name = format!("callback_types{way}");
            let path = support::fixture(&name);
            if !path.exists() {
                support::not_asked(
                    "callbacks of typed closures",
                    &format!("there is no {name}"),
                );
                return None;
            }
            Some((name, support::open(path)))
        };
        ways.into_iter().filter_map(open).collect()
    })
}
