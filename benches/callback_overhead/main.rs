//! What it costs when C calls a closure: a C function in its place (the floor), and every kind of
//! callback that farcall has, on both engines, side by side in one run. Times vary with the
//! machine; what counts are the ratios, beside which stands what they may be at most.

#[path = "../harness/mod.rs"]
mod harness;
mod making;
mod nesting;

use farcall::{Callback, Engine, FnType, ForeignResult, ForeignType, Function, Library, Value};
use harness::{AtMost, Row, compare_each, row};
use libffi::high::{self, CType};
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::hint::black_box as b;

/// How often C calls in one repetition of a row.
const TIMES: u32 = 1000;

const TYPED: AtMost = AtMost::Times(1.15);
const ANY_THREAD: AtMost = AtMost::Times(2.5);
const OVER_VALUES: AtMost = AtMost::Times(2.2);

#[derive(Clone, Copy, ForeignType, ForeignResult)]
#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

// SAFETY: the description is that of the struct.
unsafe impl CType for Point {
    type RetType = Self;

    fn reify() -> high::Type<Self> {
        use libffi::middle::Type;
        high::Type::make(Type::structure([Type::f64(), Type::f64()]))
    }
}

/// What a closure over values returns.
type Outcome<T> = Result<T, &'static str>;

fn int(value: Value<'_>) -> Outcome<c_int> {
    Ok(value.as_i64().ok_or("no integer")? as c_int)
}

fn double(value: Value<'_>) -> Outcome<f64> {
    value.as_f64().ok_or("no number")
}

fn pointer<T>(value: Value<'_>) -> Outcome<*const T> {
    Ok(value.as_pointer().ok_or("no pointer")?.cast())
}

fn point(value: Value<'_>) -> Outcome<Point> {
    let record = value.as_record().ok_or("no record")?;
    // SAFETY: the record is one of this type.
    Ok(unsafe { record.bytes().as_ptr().cast::<Point>().read_unaligned() })
}

/// The rows of one table: function pointers that C uses in the same way.
struct Ways<'a> {
    rows: Vec<Row<'a>>,
    using: &'a dyn Fn(*const c_void),
}

impl<'a> Ways<'a> {
    fn new(floor: *const c_void, using: &'a dyn Fn(*const c_void)) -> Self {
        let rows = vec![row("C function", move || using(floor))];
        Self { rows, using }
    }

    /// A callback, which an engine may not have.
    fn add<F: 'a, P: 'a>(
        &mut self,
        name: &'a str,
        at_most: impl Into<Option<AtMost>>,
        made: farcall::Result<Callback<F, P>>,
    ) {
        let using = self.using;
        match made {
            Ok(callback) => self
                .rows
                .push(row(name, move || using(callback.as_ptr())).at_most(at_most)),
            Err(error) => println!("not timed: {name}: {error}"),
        }
    }
}

/// Compares the callbacks of one type in the place of the C function `$floor`. `$high` is the type
/// of the libffi crate's closures with as many parameters.
macro_rules! ways {
    (
        $title:expr, $each:expr, $using:expr, $floor:expr, $c:literal, $high:ident,
        |$($param:ident: $ty:ty),*| -> $result:ty { $body:expr }, |$args:ident| $values:expr
    ) => {{
        type Pointer = unsafe extern "C" fn($($ty),*) -> $result;
        let using = $using;
        let mut ways = Ways::new($floor, &using);
        let closure = |$($param: $ty),*| -> $result { $body };
        let values = |$args: &[Value<'_>]| -> Outcome<$result> { $values };
        let ty = FnType::parse($c).expect("a prototype");
        let jit = || Callback::builder().engine(Engine::Jit);
        ways.add("typed", TYPED, jit().from_fn::<Pointer, _>(closure));
        ways.add("typed, any thread", ANY_THREAD, jit().any_thread().from_fn::<Pointer, _>(closure));
        ways.add("over values", OVER_VALUES, jit().new(ty, values));
        ways.add("over values, any thread", None, jit().any_thread().new(ty, values));
        let libffi = || Callback::builder().engine(Engine::Libffi);
        ways.add("libffi: typed", None, libffi().from_fn::<Pointer, _>(closure));
        ways.add("libffi: typed, any thread", None, libffi().any_thread().from_fn::<Pointer, _>(closure));
        ways.add("libffi: over values", None, libffi().new(ty, values));
        ways.add("libffi: values, any thread", None, libffi().any_thread().new(ty, values));
        let high = high::$high::new(&closure);
        // SAFETY: it is a wrapper around the address of the code.
        let pointer = unsafe { *std::ptr::from_ref(high.code_ptr()).cast::<*const c_void>() };
        let using = ways.using;
        ways.rows.push(row("the libffi crate's closure", move || using(pointer)));
        compare_each($title, $each, &mut ways.rows);
    }};
}

/// The functions of `tests/native/callers.c`.
struct Callers(Library);

impl Callers {
    fn address(&self, name: &str) -> *const c_void {
        self.0
            .symbol(name)
            .expect("a function of the fixture")
            .address()
    }

    fn function(&self, text: &str) -> Function {
        self.0.function(text).expect("a function of the fixture")
    }

    /// Lets C call a function pointer [`TIMES`] times.
    fn repeat(&self, name: &str) -> impl Fn(*const c_void) + use<> {
        let repeat = self.function(&format!("double {name}(void *f, int64_t times)"));
        let repeat = repeat
            .typed::<unsafe extern "C" fn(*const c_void, i64) -> f64>()
            .expect("its Rust type");
        move |f| {
            // SAFETY: what is passed has the type that the fixture calls it with.
            b(unsafe { repeat(f, TIMES.into()) });
        }
    }
}

fn main() {
    let path = concat!(env!("FARCALL_FIXTURES"), "/libfarcall_callers.so");
    // SAFETY: the fixture has no initialisers.
    let callers = Callers(unsafe { Library::open(path) }.expect("the fixture"));
    numbers(&callers);
    many(&callers);
    structs(&callers);
    sorting(&callers);
    nesting::nested(&callers);
    making::making();
}

fn numbers(c: &Callers) {
    for (title, repeat) in [
        ("2 ints", "repeat_add2"),
        (
            "2 ints, one of them the result of the call before",
            "chain_add2",
        ),
    ] {
        ways!(
            title,
            TIMES,
            c.repeat(repeat),
            c.address("add2"),
            "int add2(int a, int b)",
            Closure2,
            |x: c_int, y: c_int| -> c_int { x.wrapping_add(y) },
            |args| Ok(int(args[0])?.wrapping_add(int(args[1])?))
        );
    }
    ways!(
        "2 doubles",
        TIMES,
        c.repeat("repeat_fadd2"),
        c.address("fadd2"),
        "double fadd2(double a, double b)",
        Closure2,
        |x: f64, y: f64| -> f64 { x + y },
        |args| Ok(double(args[0])? + double(args[1])?)
    );
}

fn many(c: &Callers) {
    ways!(
        "8 ints",
        TIMES,
        c.repeat("repeat_iadd8"),
        c.address("iadd8"),
        "int iadd8(int a, int b, int c, int d, int e, int f, int g, int h)",
        Closure8,
        |s: c_int, t: c_int, u: c_int, v: c_int, w: c_int, x: c_int, y: c_int, z: c_int| -> c_int {
            s.wrapping_add(t + u + v + w + x + y + z)
        },
        |args| {
            let mut sum = 0;
            for arg in args {
                sum = int(*arg)?.wrapping_add(sum);
            }
            Ok(sum)
        }
    );
    ways!(
        "10 mixed",
        TIMES,
        c.repeat("repeat_mixed10"),
        c.address("mixed10"),
        "double mixed10(int a, double b, int64_t c, float d, const void *e, uint8_t f, double g, short h, uint64_t i, float j)",
        Closure10,
        |q: c_int,
         r: f64,
         s: i64,
         t: f32,
         u: *const c_void,
         v: u8,
         w: f64,
         x: i16,
         y: u64,
         z: f32|
         -> f64 {
            f64::from(q)
                + r
                + s as f64
                + f64::from(t)
                + f64::from(u8::from(!u.is_null()))
                + f64::from(v)
                + w
                + f64::from(x)
                + y as f64
                + f64::from(z)
        },
        |args| {
            let at = |index: usize| args[index];
            let mut sum = f64::from(u8::from(!pointer::<u8>(at(4))?.is_null()));
            for index in [1, 3, 6, 9] {
                sum += double(at(index))?;
            }
            for index in [0, 2, 5, 7, 8] {
                sum += at(index).as_i64().ok_or("no integer")? as f64;
            }
            Ok(sum)
        }
    );
}

fn structs(c: &Callers) {
    ways!(
        "a struct of 2 doubles",
        TIMES,
        c.repeat("repeat_length2"),
        c.address("length2"),
        "double length2(struct { double x, y; } p)",
        Closure1,
        |p: Point| -> f64 { p.x + p.y },
        |args| point(args[0]).map(|p| p.x + p.y)
    );
}

/// `qsort`, a comparison of which costs more than the call.
fn sorting(c: &Callers) {
    const LENGTH: u32 = 100_000;
    let mut state = 1u32;
    let shuffled: Vec<c_int> = (0..LENGTH)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 1) as c_int
        })
        .collect();
    let numbers = RefCell::new(shuffled.clone());
    let qsort = Library::this().expect("the program");
    let qsort = qsort
        .function("void qsort(void *base, size_t n, size_t size, void *compare)")
        .expect("qsort");
    let qsort = qsort
        .typed::<unsafe extern "C" fn(*mut c_int, usize, usize, *const c_void)>()
        .expect("its Rust type");
    let sort = |compare: *const c_void| {
        let mut numbers = numbers.borrow_mut();
        numbers.copy_from_slice(&shuffled);
        // SAFETY: there are so many elements of this size.
        unsafe {
            qsort(
                numbers.as_mut_ptr(),
                numbers.len(),
                size_of::<c_int>(),
                compare,
            )
        };
    };
    ways!(
        "qsort of 100 000 ints, for each",
        LENGTH,
        sort,
        c.address("compare_ints"),
        "int compare(const void *, const void *)",
        Closure2,
        |x: *const c_int, y: *const c_int| -> c_int {
            // SAFETY: qsort hands over addresses of elements.
            unsafe { (*x).cmp(&*y) as c_int }
        },
        |args| {
            let (x, y) = (pointer::<c_int>(args[0])?, pointer::<c_int>(args[1])?);
            // SAFETY: as above.
            Ok(unsafe { (*x).cmp(&*y) as c_int })
        }
    );
}

type Add = unsafe extern "C" fn(c_int, c_int) -> c_int;

fn add_type() -> FnType {
    FnType::parse("int add2(int a, int b)").expect("a prototype")
}
