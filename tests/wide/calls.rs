//! Calls with Rust types, values and buffers.

use super::{THIRD, bind, library, on_engines};
use farcall::{Complex, LongDouble, Type, Value, values};

fn third() -> LongDouble {
    THIRD.parse().unwrap()
}

#[test]
fn a_long_double_keeps_all_its_bits() {
    let sum: LongDouble = "0x1.55555555555555558p+0".parse().unwrap();
    for add in on_engines("long double wide_add(long double a, double b)") {
        for _ in 0..2 {
            // SAFETY: the fixture's functions are called as they are declared.
            let found: LongDouble = unsafe { add.call((third(), 1.0)).unwrap() };
            assert_eq!(found, sum);
            // SAFETY: as above.
            let found = unsafe { add.call_values(&values![Value::of(&third()), 1.0]).unwrap() };
            assert_eq!(LongDouble::try_from(found).unwrap(), sum);
        }
        let mut buffer = add.buffer();
        buffer.set(0, Value::of(&third())).unwrap();
        buffer.set(1, 1.0).unwrap();
        // SAFETY: as above.
        unsafe { buffer.call(&add).unwrap() };
        assert_eq!(LongDouble::try_from(buffer.result()).unwrap(), sum);
        // SAFETY: as above.
        let (found, errno) = unsafe { add.call_errno::<_, LongDouble>((third(), 1.0)).unwrap() };
        assert_eq!((found, errno.0), (sum, 0));
    }
}

#[test]
fn complex_numbers_of_every_kind() {
    let (z, long) = (Complex::new(1.5, -2.5), Complex::new(third(), third()));
    for f in on_engines("double complex wide_swap(double complex z)") {
        // SAFETY: the fixture's functions are called as they are declared.
        let found: Complex<f64> = unsafe { f.call((z,)).unwrap() };
        assert_eq!(found, Complex::new(-2.5, 1.5));
        // SAFETY: as above.
        let found = unsafe { f.call_values(&[Value::of(&z)]).unwrap() };
        assert_eq!(found.to_string(), "-2.5+1.5i");
    }
    for f in on_engines("float _Complex wide_swap_f(float _Complex z)") {
        let z = Complex::new(1.5f32, -2.5);
        // SAFETY: as above.
        let found: Complex<f32> = unsafe { f.call((z,)).unwrap() };
        assert_eq!(found, Complex::new(-2.5, 1.5));
        // SAFETY: as above.
        let found = unsafe { f.call_values(&[Value::of(&z)]).unwrap() };
        assert_eq!(
            Complex::<f32>::try_from(found).unwrap(),
            Complex::new(-2.5, 1.5)
        );
    }
    for f in on_engines("long double _Complex wide_conj(long double _Complex z)") {
        // SAFETY: as above.
        let found: Complex<LongDouble> = unsafe { f.call((long,)).unwrap() };
        assert_eq!(found.re, third());
        assert_eq!(found.im, "-0x1.5555555555555556p-2".parse().unwrap());
    }
}

#[test]
#[cfg(feature = "jit")]
fn vectors_of_both_sizes() {
    use farcall::Vector;
    let text = "float __attribute__((vector_size(16))) wide_scale(
        float __attribute__((vector_size(16))) v, float by)";
    let v = Vector::new([1.0, 2.0, 3.0, 4.0]);
    for f in on_engines(text) {
        // SAFETY: the fixture's functions are called as they are declared.
        let found: Vector<[f32; 4]> = unsafe { f.call((v, 2.0f32)).unwrap() };
        assert_eq!(found.lanes(), [2.0, 4.0, 6.0, 8.0]);
        // SAFETY: as above.
        let found = unsafe { f.call_values(&values![Value::of(&v), 0.5f32]).unwrap() };
        assert_eq!(found.to_string(), "[0.5, 1.0, 1.5, 2.0]");
    }
    let text = "short __attribute__((vector_size(8))) wide_reverse(
        short __attribute__((vector_size(8))) v)";
    for f in on_engines(text) {
        let v = Vector::new([1i16, -2, 3, -4]);
        // SAFETY: as above.
        let found: Vector<[i16; 4]> = unsafe { f.call((v,)).unwrap() };
        assert_eq!(found.lanes(), [-4, 3, -2, 1]);
        // SAFETY: as above.
        let found = unsafe { f.call_values(&[Value::of(&v)]).unwrap() };
        assert_eq!(found.to_string(), "[-4, 3, -2, 1]");
    }
}

#[test]
#[cfg(feature = "jit")]
fn a_half_where_the_compiler_has_it() {
    use farcall::F16;
    let text = "_Float16 wide_half(_Float16 a, float b)";
    let Ok(function) = library().function(text) else {
        return support::not_asked("`_Float16`", "the compiler of the fixtures has it not");
    };
    let half = F16::from_f32(1.5);
    // SAFETY: the fixture's functions are called as they are declared.
    let found: F16 = unsafe { function.call((half, 2.0f32)).unwrap() };
    assert_eq!(found.to_f32(), 3.5);
    // SAFETY: as above.
    let found = unsafe { function.call_values(&values![half, -1.5f32]).unwrap() };
    assert_eq!(
        (found.as_f64(), found.to_string()),
        (Some(0.0), "0.0".to_owned())
    );
}

#[test]
#[cfg(feature = "jit")]
fn halves_are_not_promoted() {
    use farcall::{F16, FnType};
    let sum = FnType::parse("double wide_half_sum(int count, ...)").unwrap();
    let call = sum.with_extra(&[Type::FLOAT16]).unwrap();
    assert_eq!(call.to_string(), "double (int count, ..., _Float16)");
    let Ok(sum) = library().function_as("wide_half_sum", sum) else {
        return support::not_asked("`_Float16`", "the compiler of the fixtures has it not");
    };
    let (a, b) = (F16::from_f32(1.5), F16::from_f32(-0.25));
    // SAFETY: there are as many as the first says.
    let found: f64 = unsafe { sum.call((2, a, b)).unwrap() };
    assert_eq!(found, 1.25);
    // SAFETY: as above.
    let found = unsafe { sum.call_values(&values![2, a, b]).unwrap() };
    assert_eq!(found.as_f64(), Some(1.25));
}

/// rustc's own calls: the half in registers, the half on the stack, and behind them.
#[test]
fn integers_of_128_bits_as_rustc_passes_them() {
    type Rest = unsafe extern "C" fn(i64, i64, i64, i64, i64, i128, i64, i128) -> i128;
    let text = "__int128 wide_rest(long a, long b, long c, long d, long e, __int128 f, long g,
        __int128 h)";
    let (f, h) = (-(1i128 << 70) + 3, 1i128 << 90);
    let expected = 15 + f * 6 - h;
    for function in on_engines(text) {
        // SAFETY: the fixture's functions are called as they are declared.
        let found: i128 = unsafe {
            function
                .call((1i64, 2i64, 3i64, 4i64, 5i64, f, 6i64, h))
                .unwrap()
        };
        assert_eq!(found, expected);
        // A small integer becomes one of 128 bits, and the other way round.
        let arguments = values![
            1,
            2u8,
            Value::of(&3i128),
            4,
            5,
            Value::of(&f),
            6,
            Value::of(&h)
        ];
        // SAFETY: as above.
        let found = unsafe { function.call_values(&arguments).unwrap() };
        assert_eq!(i128::try_from(found).unwrap(), expected);
        let arguments = values![1, 2, 3, 4, 5, -7, 6, 8u64];
        // SAFETY: as above.
        let found = unsafe { function.call_values(&arguments).unwrap() };
        assert_eq!(
            (found.as_i64(), i8::try_from(found).unwrap()),
            (Some(-35), -35)
        );
    }
    let typed = bind(text).typed::<Rest>().unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { typed(1, 2, 3, 4, 5, f, 6, h) }, expected);
    for function in on_engines("unsigned __int128 wide_shift(unsigned __int128 n, int by)") {
        // SAFETY: as above.
        let found: u128 = unsafe { function.call((u128::MAX, 1)).unwrap() };
        assert_eq!(found, u128::MAX - 1);
        // SAFETY: as above.
        let found = unsafe { function.call_values(&values![1, 127]).unwrap() };
        assert_eq!(u128::try_from(found).unwrap(), 1 << 127);
    }
}

#[test]
#[cfg(all(target_arch = "x86_64", feature = "jit"))]
fn the_convention_of_windows() {
    let ms = "__attribute__((ms_abi))";
    let negate = bind(&format!("__int128 wide_negate_ms(int a, __int128 n) {ms}"));
    let n = 1i128 << 77;
    // SAFETY: the fixture's functions are called as they are declared.
    let found: i128 = unsafe { negate.call((5, n)).unwrap() };
    assert_eq!(found, 5 - n);
    let typed = negate
        .typed::<unsafe extern "win64" fn(i32, i128) -> i128>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { typed(5, n) }, 5 - n);
    let add = bind(&format!(
        "long double wide_add_ms(long double a, double b) {ms}"
    ));
    // SAFETY: as above.
    let found: LongDouble = unsafe { add.call((third(), 1.0)).unwrap() };
    assert_eq!(found, "0x1.55555555555555558p+0".parse().unwrap());

    type Swap<T> = unsafe extern "win64" fn(i32, Complex<T>) -> Complex<T>;
    let swap = bind(&format!(
        "double complex wide_swap_ms(int a, double complex z) {ms}"
    ));
    let typed = swap.typed::<Swap<f64>>().unwrap();
    // SAFETY: as above.
    let found = unsafe { typed(1, Complex::new(2.0, 3.0)) };
    assert_eq!(found, Complex::new(4.0, 2.0));
    let swap = bind(&format!(
        "float complex wide_swap_f_ms(int a, float complex z) {ms}"
    ));
    let typed = swap.typed::<Swap<f32>>().unwrap();
    // SAFETY: as above.
    let found = unsafe { typed(1, Complex::new(2.0, 3.0)) };
    assert_eq!(found, Complex::new(4.0, 2.0));
}

/// 1/3 + 0.5, to be rounded by the reader as by the machine.
const SUM: &str = "0x0.d5555555555555558p+0";

#[test]
fn extra_arguments_are_not_promoted() {
    let sum = bind("long double wide_sum(int count, ...)");
    let z = Complex::new(0.5, 9.0);
    let expected: LongDouble = SUM.parse().unwrap();
    for engine in support::engines() {
        let sum = sum.with_engine(*engine).unwrap();
        for _ in 0..2 {
            // SAFETY: two pairs of what the function reads.
            let found: LongDouble = unsafe {
                sum.call((
                    2,
                    third(),
                    z,
                    LongDouble::from(1),
                    Complex::new(1.0 / 3.0, 0.0),
                ))
                .unwrap()
            };
            assert!((found.to_f64() - 13.0 / 6.0).abs() < 1e-15, "{found}");
            let long = third();
            let extra = values![1, Value::of(&long), Value::of(&z)];
            // SAFETY: as above.
            let found = unsafe { sum.call_values(&extra).unwrap() };
            assert_eq!(LongDouble::try_from(found).unwrap(), expected);
        }
    }
}

#[test]
#[cfg(feature = "jit")] // libffi refuses them
fn records_with_all_of_them() {
    support::foreign_struct! { Wide { tag: i8, number: LongDouble, z: Complex<f32> } }
    let text = "struct wide_record { char tag; long double number; float _Complex z; }
        wide_make(char tag, long double number, float _Complex z)";
    for make in on_engines(text) {
        let z = Complex::new(1.0f32, 2.0);
        // SAFETY: the fixture's functions are called as they are declared.
        let found: Wide = unsafe { make.call((7i8, third(), z)).unwrap() };
        assert_eq!((found.tag, found.number, found.z), (7, third(), z));
        let long = third();
        let arguments = values![7, Value::of(&long), Value::of(&z)];
        // SAFETY: as above.
        let found = unsafe { make.call_values(&arguments).unwrap() };
        assert_eq!(
            found.to_string(),
            format!("{{ tag: 7, number: {THIRD}, z: 1.0+2.0i }}")
        );
    }
}

#[test]
fn variables_are_read_and_written() {
    let constant = library().variable("long double wide_constant").unwrap();
    // SAFETY: nothing else reads or writes the fixture's variables.
    let number: LongDouble = unsafe { constant.get().unwrap() };
    assert_ne!(number, LongDouble::from(0.1));
    assert_eq!(number.to_f64(), 0.1);
    // SAFETY: as above.
    let read = unsafe { constant.read().unwrap() };
    assert_eq!(read.to_string(), number.to_string());
    let unit = library().variable("double _Complex wide_unit").unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { unit.read().unwrap() }.to_string(), "1.0+2.0i");
    // SAFETY: as above.
    unsafe { unit.write(Value::of(&Complex::new(3.0, 4.0))).unwrap() };
    // SAFETY: as above.
    let found: Complex<f64> = unsafe { unit.get().unwrap() };
    assert_eq!(found, Complex::new(3.0, 4.0));
    let number = library().variable("__int128 wide_number").unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { number.get::<i128>().unwrap() }, 1 << 100);
    // SAFETY: as above.
    unsafe { number.write(-5).unwrap() };
    // SAFETY: as above.
    assert_eq!(unsafe { number.read().unwrap() }.as_i64(), Some(-5));
}

#[test]
fn functions_of_the_c_library() {
    let libm = support::open("libm.so.6");
    let f = |text: &str| libm.function(text).expect(text);
    let two = LongDouble::from(2);
    for engine in support::engines() {
        let powl = f("long double powl(long double x, long double y)")
            .with_engine(*engine)
            .unwrap();
        // SAFETY: the declarations are those of the C standard.
        let root: LongDouble = unsafe { powl.call((two, LongDouble::from(0.5))).unwrap() };
        #[cfg(target_arch = "x86_64")]
        assert_eq!(root, "0x1.6a09e667f3bcc908p+0".parse().unwrap());
        assert_eq!(root.to_f64(), std::f64::consts::SQRT_2);
        let cabs = f("double cabs(double complex z)")
            .with_engine(*engine)
            .unwrap();
        // SAFETY: as above.
        let length: f64 = unsafe { cabs.call((Complex::new(3.0, -4.0),)).unwrap() };
        assert_eq!(length, 5.0);
        let cpow = f("double complex cpow(double complex x, double complex y)");
        let cpow = cpow.with_engine(*engine).unwrap();
        let (i, square) = (Complex::new(0.0, 1.0), Complex::new(2.0, 0.0));
        // SAFETY: as above.
        let minus: Complex<f64> = unsafe { cpow.call((i, square)).unwrap() };
        assert!(
            (minus.re + 1.0).abs() < 1e-15 && minus.im.abs() < 1e-15,
            "{minus}"
        );
        let csqrtl = f("long double complex csqrtl(long double complex z)");
        let csqrtl = csqrtl.with_engine(*engine).unwrap();
        let z = Complex::new(LongDouble::from(-4), LongDouble::from(0));
        // SAFETY: as above.
        let root: Complex<LongDouble> = unsafe { csqrtl.call((z,)).unwrap() };
        assert_eq!((root.re, root.im), (LongDouble::from(0), two));
    }
    let print = farcall::Library::this().unwrap();
    let print = print.function("int snprintf(char *to, size_t size, const char *format, ...)");
    let print = print
        .unwrap()
        .with_extra(&[Type::LONG_DOUBLE, Type::INT])
        .unwrap();
    for engine in support::engines() {
        let print = print.with_engine(*engine).unwrap();
        let mut text = [0u8; 64];
        // SAFETY: the format asks for a long double and an int, and there is room.
        let length: i32 = unsafe {
            print
                .call((&mut text[..], 64usize, c"%.25Lf|%d", third(), 7))
                .unwrap()
        };
        let text = std::str::from_utf8(&text[..length as usize]).unwrap();
        #[cfg(target_arch = "x86_64")]
        assert_eq!(text, "0.3333333333333333333423684|7");
        assert!(text.starts_with("0.33333333333333333"), "{text}");
    }
}

#[test]
fn wide_characters_are_integers() {
    let next = bind("wchar_t wide_next(wchar_t c)");
    // SAFETY: the fixture's functions are called as they are declared.
    let found = unsafe { next.call_values(&values!['a' as i32]).unwrap() };
    assert_eq!(found.as_i64(), Some('b' as i64));
}
