//! Any values for any of some functions: both engines refuse them with one text, or return one
//! result, in every way of calling, at first and later.
#![no_main]

use farcall::{Engine, FnType, Function, OwnedValue, RecordType, Value};
use libfuzzer_sys::fuzz_target;
use std::ffi::c_void;
use std::sync::OnceLock;

#[derive(Clone, Copy)]
#[repr(C)]
struct Mixed {
    a: u8,
    b: f32,
    c: i64,
}

extern "C" fn nothing() {}

extern "C" fn small(a: bool, b: i8, c: u8, d: i16, e: u16) -> i8 {
    (i32::from(a) + i32::from(b) + i32::from(c) + i32::from(d) + i32::from(e)) as i8
}

extern "C" fn wide(a: i32, b: u32, c: i64, d: u64) -> u64 {
    (a as u64)
        .wrapping_add(b.into())
        .wrapping_add(c as u64)
        .rotate_left(7)
        .wrapping_add(d)
}

extern "C" fn floats(a: f32, b: f64, c: f32) -> f64 {
    f64::from(a) + b * f64::from(c)
}

extern "C" fn pointers(a: *const c_void, _: *const c_void) -> *const c_void {
    a
}

extern "C" fn record(a: Mixed, b: i32) -> Mixed {
    Mixed {
        a: a.a ^ b as u8,
        b: -a.b,
        c: a.c.wrapping_add(b.into()),
    }
}

#[rustfmt::skip]
extern "C" fn many(
    a: u8, b: f64, c: i16, d: f32, e: i64, f: f64, g: u32, h: f64, i: bool, j: f64,
    k: i64, l: f64, m: i64, n: f64, o: i64, p: f64, q: i8, r: f64, s: u16, t: f32,
) -> f32 {
    let floats = b + f64::from(d) + f + h + j + l + n + p + r + f64::from(t);
    let sum = e.wrapping_add(k).wrapping_add(m).wrapping_add(o);
    (floats + sum as f64) as f32
        + f32::from(a) + f32::from(c) + g as f32 + f32::from(u8::from(i)) + f32::from(q) + f32::from(s)
}

fn functions() -> &'static [[Function; 2]] {
    static FUNCTIONS: OnceLock<Vec<[Function; 2]>> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        let targets: [(&str, *const c_void); 7] = [
            ("void f(void)", nothing as *const _),
            (
                "int8_t f(bool a, char b, uint8_t c, short d, uint16_t e)",
                small as *const _,
            ),
            (
                "uint64_t f(int a, enum { A } b, int64_t c, size_t d)",
                wide as *const _,
            ),
            ("double f(float a, double b, float)", floats as *const _),
            (
                "void *f(const void *_Nonnull a, const char *b)",
                pointers as *const _,
            ),
            (
                "struct m { uint8_t a; float b; int64_t c; } f(struct m a, int b)",
                record as *const _,
            ),
            (
                "float f(uint8_t, double, int16_t, float, int64_t, double, uint32_t, double, bool, \
                 double, int64_t, double, int64_t, double, int64_t, double, int8_t, double, \
                 uint16_t, float)",
                many as *const _,
            ),
        ];
        let bind = |(text, target): (&str, *const c_void)| {
            let ty = FnType::parse(text).expect(text);
            // SAFETY: the function has this type.
            let function = unsafe { Function::from_address("f", target, ty) }.expect(text);
            [Engine::Jit, Engine::Libffi].map(|engine| function.with_engine(engine).expect(text))
        };
        targets.map(bind).into()
    })
}

/// The record of the functions, one of the same scalars, and another.
fn records() -> &'static [RecordType; 3] {
    static RECORDS: OnceLock<[RecordType; 3]> = OnceLock::new();
    RECORDS.get_or_init(|| {
        [
            "struct m { uint8_t a; float b; int64_t c; }",
            "struct { int8_t a; float b; uint64_t c; }",
            "struct { double a; int64_t b; }",
        ]
        .map(|text| RecordType::parse(text).expect(text))
    })
}

fn value(bytes: &[u8; 17]) -> Value<'_> {
    let (kind, rest) = (bytes[0], &bytes[1..]);
    let bits = u64::from_le_bytes(rest[..8].try_into().expect("8 bytes"));
    match kind % 16 {
        0 => Value::VOID,
        1 => Value::from(bits & 1 != 0),
        2 => Value::from(bits as i8),
        3 => Value::from(bits as u8),
        4 => Value::from(bits as i16),
        5 => Value::from(bits as u16),
        6 => Value::from(bits as i32),
        7 => Value::from(bits as u32),
        8 => Value::from(bits as i64),
        9 => Value::from(bits),
        10 => Value::from(f32::from_bits(bits as u32)),
        11 => Value::from(f64::from_bits(bits)),
        12 => Value::from(bits as *const c_void),
        13 => Value::NULL,
        other => {
            let ty = records()[usize::from(other + kind / 16) % 3];
            Value::record(ty, rest).expect("16 bytes")
        }
    }
}

/// What came of a call, in print; NaNs lose their bits, which a sum may choose.
fn print(result: farcall::Result<OwnedValue>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("refused: {error}"),
    }
}

fn call(function: &Function, arguments: &[Value<'_>]) -> String {
    // SAFETY: the functions look at no address.
    let results = unsafe {
        [
            print(function.call_values(arguments)),
            print(function.call_unwind(arguments)),
            print(
                function
                    .call_values_errno(arguments)
                    .map(|(value, _)| value),
            ),
        ]
    };
    assert!(
        results.iter().all(|result| *result == results[0]),
        "{results:?}"
    );
    let mut buffer = function.buffer();
    let set = arguments
        .iter()
        .enumerate()
        .try_for_each(|(index, argument)| buffer.set(index, *argument));
    if set.is_ok() && arguments.len() == function.ty().params().len() {
        // SAFETY: as above.
        let called = unsafe { buffer.call(function) };
        assert_eq!(
            called.map_or_else(|e| e.to_string(), |()| buffer.result().to_string()),
            results[0]
        );
    } else {
        assert!(results[0].starts_with("refused: "), "{}", results[0]);
    }
    results.into_iter().next().unwrap_or_default()
}

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else {
        return;
    };
    let [jit, libffi] = &functions()[usize::from(*which) % functions().len()];
    let (values, _) = data.as_chunks();
    let mut arguments: Vec<_> = values.iter().map(value).collect();
    // Long lists are rare in the input: repeat it where the count is all that is wrong.
    if *which >= 128 && !arguments.is_empty() {
        let count = jit.ty().params().len();
        arguments = arguments.iter().copied().cycle().take(count).collect();
    }
    assert_eq!(call(jit, &arguments), call(libffi, &arguments));
});
