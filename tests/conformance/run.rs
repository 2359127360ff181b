//! Calls the functions of a batch on every engine and path.
#![allow(unsafe_code, reason = "this is what is tested")]

use crate::batch::{self, Progress};
use crate::compare::{compare, compare_parts, compare_record};
use crate::ctype::{CScalar, CType};
use crate::emit;
use crate::generate::{Case, Variant};
use crate::guard::{self, Bare};
use crate::job::{ENGINES, Job, Stats};
use crate::lower::layout;
use crate::promote::{promoted, promoted_bytes};
use crate::random::Random;
use crate::source;
use crate::values::{self, Guarded};
use farcall::{Engine, ErrorKind, Function, Library, Scalar};

/// The state of a batch.
pub(crate) struct Run {
    library: Library,
    log: *mut u8,
    result: *mut u8,
    /// Calls, and misplaced things.
    state: *mut [u32; 2],
    memory: Guarded,
    random: Random,
    progress: Progress,
    pub(crate) stats: Stats,
}

/// A function under test.
struct Subject<'a> {
    case: &'a Case,
    variant: Variant,
    params: Vec<CType>,
    /// How many of the parameters are named.
    named: usize,
    result: Option<&'a CType>,
}

/// What a call is given and ordered to return.
struct Sent {
    arguments: Vec<&'static [u8]>,
    copies: Vec<Vec<u8>>,
    result: Vec<u8>,
}

impl Run {
    pub(crate) fn new(job: &Job, library: Library) -> Result<Self, String> {
        Ok(Self {
            log: batch::buffer(&library, "conf_log")?,
            result: batch::buffer(&library, "conf_result")?,
            state: batch::buffer(&library, "conf_state")?.cast(),
            library,
            memory: Guarded::new(),
            random: Random::new(job.seed, !job.first),
            progress: Progress::new(job)?,
            stats: Stats::default(),
        })
    }

    pub(crate) fn variant(&mut self, case: &Case, variant: Variant) -> Result<(), String> {
        let subject = Subject {
            case,
            variant,
            params: case.params(variant),
            named: case.named(variant),
            result: case.result.as_ref(),
        };
        let name = case.function(variant);
        let ty = case.ty(variant);
        let found = self.library.function_as(&name, ty);
        let function = found.map_err(|error| format!("binding: {error}"))?;
        for (engine, refused) in ENGINES.into_iter().zip(0..) {
            let open = function.with_engine(engine);
            let (open, bound) = match open {
                Ok(open) => (Some(open.clone()), subject.with_extra(&open)),
                Err(error) => (None, Err(error)),
            };
            match (bound, open) {
                (Ok(function), Some(open)) => self.engine(&subject, &open, &function, engine)?,
                (Err(error), open) => match error.kind() {
                    ErrorKind::Unsupported { .. } if engine == Engine::Libffi => {
                        self.stats.refused[refused] += 1;
                        self.refused(&subject, open.as_ref(), &error)?;
                    }
                    _ => return Err(format!("binding with {engine}: {error}")),
                },
                (Ok(_), None) => {}
            }
        }
        self.stats.functions += 1;
        self.bare(&subject, &function)
    }

    /// Where extra arguments were refused, a call with them is refused alike.
    fn refused(
        &mut self,
        on: &Subject<'_>,
        open: Option<&Function>,
        error: &farcall::Error,
    ) -> Result<(), String> {
        let Some(open) = open else { return Ok(()) };
        match self.call_values(on, open) {
            Err(text) if text == error.to_string() => Ok(()),
            other => Err(format!("{other:?} instead of: {error}")),
        }
    }

    fn engine(
        &mut self,
        on: &Subject<'_>,
        open: &Function,
        function: &Function,
        engine: Engine,
    ) -> Result<(), String> {
        let blame = |path: &str, what: String| format!("engine {engine}, path {path}\n{what}");
        let paths = [
            ("call_values, first", function),
            ("call_values, again", function),
            ("call_values with extra values, first", open),
            ("call_values with extra values, again", open),
        ];
        let paths = &paths[..if on.case.named.is_some() { 4 } else { 2 }];
        for (path, function) in paths {
            self.note(on, &format!("engine {engine}, path {path}"));
            let values = self.call_values(on, function);
            values.map_err(|what| blame(path, what))?;
        }
        let path = "CallBuffer";
        self.note(on, &format!("engine {engine}, path {path}"));
        self.call_buffer(on, function)
            .map_err(|what| blame(path, what))
    }

    fn call_values(&mut self, on: &Subject<'_>, function: &Function) -> Result<(), String> {
        let sent = self.send(on);
        let pairs = on.params.iter().zip(&sent.arguments);
        let arguments: Vec<_> = pairs.map(|(ty, bytes)| values::value(ty, bytes)).collect();
        let mut found = None;
        let lost = guard::preserved(|| {
            // SAFETY: the function has the type that was generated for it.
            found = Some(unsafe { function.call_values(&arguments) });
        });
        let found = found
            .ok_or("not called")?
            .map_err(|error| error.to_string())?;
        self.verify(on, &sent, &lost, &values::bytes_of(found.as_value()))
    }

    fn call_buffer(&mut self, on: &Subject<'_>, function: &Function) -> Result<(), String> {
        let sent = self.send(on);
        let mut buffer = function.buffer();
        for (index, (ty, bytes)) in on.params.iter().zip(&sent.arguments).enumerate() {
            let set = buffer.set(index, values::value(ty, bytes));
            set.map_err(|error| error.to_string())?;
        }
        let mut done = Ok(());
        // SAFETY: as above.
        let lost = guard::preserved(|| done = unsafe { buffer.call(function) });
        done.map_err(|error| error.to_string())?;
        self.verify(on, &sent, &lost, &values::bytes_of(buffer.result()))
    }

    /// The trampoline itself, with marks in all preserved registers and a guarded result.
    fn bare(&mut self, on: &Subject<'_>, function: &Function) -> Result<(), String> {
        let path = "engine jit, path bare trampoline";
        self.note(on, path);
        let (params, named) = (on.passed(), on.case.named.map(|_| on.named));
        let bare = Bare::new(&params, on.result, named, on.variant.conv);
        let bare = bare.map_err(|error| error.to_string())?;
        let sent = self.send(on);
        let size = on.result.map_or(0, CType::size);
        let place = self.memory.place(Guarded::PLACES - 1, size);
        let slot = |(index, bytes): (usize, &&[u8])| match on.promoted(index, bytes) {
            (ty, bytes) if layout(&ty).is_direct() => match ty.ty().scalar() {
                Some(scalar) => values::load(scalar, &bytes),
                None => values::load(Scalar::U64, &bytes),
            },
            _ => bytes.as_ptr() as u64,
        };
        let slots: Vec<u64> = sent.arguments.iter().enumerate().map(slot).collect();
        // SAFETY: as above, and the result has its place.
        let (lost, registers) = unsafe { bare.call(function.address(), &slots, place) };
        // SAFETY: the place has that many bytes.
        let memory = unsafe { std::slice::from_raw_parts(place, size) };
        let found = match on.result {
            Some(CType::Scalar(CScalar { ty, make: None, .. })) => {
                let scalar = ty.scalar().ok_or("no scalar")?;
                let bits = values::load(scalar, &registers);
                bits.to_le_bytes().to_vec()
            }
            _ if registers.is_empty() => memory.to_vec(),
            _ => registers,
        };
        let verified = self.verify(on, &sent, &lost, &found);
        verified.map_err(|what| format!("{path}\n{what}"))
    }

    fn note(&self, on: &Subject<'_>, what: &str) {
        self.progress.note(on.case, on.variant, what);
    }

    /// Makes arguments and a result, and prepares the C side.
    fn send(&mut self, on: &Subject<'_>) -> Sent {
        let random = &mut self.random;
        let copies: Vec<_> = on
            .params
            .iter()
            .map(|ty| values::bytes(ty, random))
            .collect();
        let mut result = on.result.map_or(Vec::new(), |ty| values::bytes(ty, random));
        result.extend(random.next().to_le_bytes());
        let place = |(index, bytes): (usize, &Vec<u8>)| self.memory.copy(index, bytes);
        let arguments = copies.iter().enumerate().map(place).collect();
        let (_, end) = source::places(&on.params);
        // SAFETY: the buffers of the C side are larger than any log and result.
        unsafe { self.log.write_bytes(0xee, end) };
        // SAFETY: as above.
        unsafe { self.result.copy_from(result.as_ptr(), result.len()) };
        // SAFETY: as above.
        unsafe { self.state.write([0; 2]) };
        Sent {
            arguments,
            copies,
            result,
        }
    }

    /// Compares what C received with what was sent, and what came back with what was ordered.
    fn verify(
        &mut self,
        on: &Subject<'_>,
        sent: &Sent,
        lost: &[&str],
        found: &[u8],
    ) -> Result<(), String> {
        let (places, end) = source::places(&on.params);
        // SAFETY: the buffers of the C side are larger than any log.
        let log = unsafe { std::slice::from_raw_parts(self.log, end) };
        for (index, at) in places.into_iter().enumerate() {
            let name = format!("argument {index} (a{index})");
            if sent.arguments[index] != sent.copies[index] {
                return Err(format!("{name}: the caller's record was overwritten"));
            }
            let (ty, expected) = on.promoted(index, &sent.copies[index]);
            let compared = compare_argument(&ty, &expected, &log[at..]);
            self.stats.leaves += compared.map_err(|what| format!("{name}{what}"))?;
        }
        self.state(lost)?;
        self.stats.calls += 1;
        let compared = on.returned(&sent.result, found);
        self.stats.leaves += compared.map_err(|what| format!("result{what}"))?;
        Ok(())
    }

    /// Whether there was one call, everything was aligned, and no register in `lost`.
    fn state(&self, lost: &[&str]) -> Result<(), String> {
        // SAFETY: the state is two words.
        let [calls, misplaced] = unsafe { self.state.read() };
        Err(match misplaced {
            _ if calls != 1 => format!("called {calls} times"),
            0 if lost.is_empty() => return Ok(()),
            0 => format!("not preserved: {}", lost.join(" ")),
            emit::MISALIGNED_STACK => "the stack pointer is misaligned".to_owned(),
            emit::MISALIGNED_RECORD => "a record is misaligned".to_owned(),
            _ => "the stack pointer and a record are misaligned".to_owned(),
        })
    }
}

impl Subject<'_> {
    /// The function for calls with the extra arguments of the case, under their own types.
    fn with_extra(&self, function: &Function) -> farcall::Result<Function> {
        let types = self.params[self.named..].iter().map(CType::ty);
        match self.case.named {
            Some(_) => function.with_extra(&types.collect::<Vec<_>>()),
            None => Ok(function.clone()),
        }
    }

    /// The types of what is passed: extra arguments are promoted.
    fn passed(&self) -> Vec<CType> {
        let (named, extra) = self.params.split_at(self.named);
        let extra = extra.iter().map(promoted);
        named.iter().cloned().chain(extra).collect()
    }

    /// What is passed for an argument.
    fn promoted(&self, index: usize, bytes: &[u8]) -> (CType, Vec<u8>) {
        let ty = &self.params[index];
        if index < self.named {
            (ty.clone(), bytes.to_vec())
        } else {
            promoted_bytes(ty, bytes)
        }
    }

    fn returned(&self, ordered: &[u8], found: &[u8]) -> Result<u64, String> {
        match self.result {
            None => Ok(0),
            Some(ty @ CType::Record(_)) => compare_record(ty, ordered, found),
            Some(ty) => {
                let Some(scalar) = narrow(ty) else {
                    return compare_parts(ty, ordered, found);
                };
                let expected = values::load(scalar, ordered).to_le_bytes();
                compare("", &expected, found).map(|()| 1)
            }
        }
    }
}

/// The scalar in a word, of those that Rust has.
fn narrow(ty: &CType) -> Option<Scalar> {
    match ty {
        CType::Scalar(scalar) => scalar.narrow(),
        _ => None,
    }
}

/// Compares an argument with its log; returns how many scalars were compared.
fn compare_argument(ty: &CType, sent: &[u8], log: &[u8]) -> Result<u64, String> {
    let Some(scalar) = narrow(ty) else {
        return match ty {
            CType::Record(_) => compare_record(ty, sent, log),
            _ => compare_parts(ty, sent, log),
        };
    };
    let size = if scalar.is_float() { scalar.size() } else { 8 };
    let expected = values::load(scalar, sent).to_le_bytes();
    compare("", &expected[..size], &log[..size]).map(|()| 1)
}
