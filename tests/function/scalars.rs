//! Scalars of every type, at their extremes, as arguments and results.

use crate::{all_ways, bind, on_engines};
use farcall::{CallResult, ForeignType, Value, values};
use std::fmt::Debug;

/// As many arguments as saturate the registers of every convention.
fn fourteen() -> Vec<Value<'static>> {
    (1..=6)
        .map(Value::from)
        .chain((1..=8).map(|n| Value::from(f64::from(n))))
        .collect()
}

/// What every scalar's functions must do, in every way of calling.
fn check<T>(name: &str, c: &str, numbers: &[T], least: T, most: T)
where
    T: ForeignType + CallResult + Copy + PartialEq + Debug,
    Value<'static>: From<T>,
{
    let same = format!("{c} same_{name}({c} x)");
    let last = format!(
        "{c} last_{name}(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, \
         double, double, double, double, double, double, {c} x)"
    );
    for &number in numbers.iter().chain([&least, &most]) {
        let expected = Value::from(number).to_string();
        assert_eq!(all_ways(&same, &[number.into()]).to_string(), expected);
        let mut many = fourteen();
        many.push(number.into());
        assert_eq!(all_ways(&last, &many).to_string(), expected);
        let same = bind(&same);
        for _ in 0..2 {
            // SAFETY: the fixture's functions are called as they are declared.
            let back: T = unsafe { same.call((number,)) }.expect(c);
            assert_eq!(back, number);
        }
        let last = bind(&last);
        // SAFETY: as above.
        let back: T = unsafe {
            last.call((
                1i64, 2i64, 3i64, 4i64, 5i64, 6i64, 1., 2., 3., 4., 5., 6., 7., 8., number,
            ))
        }
        .expect(c);
        assert_eq!(back, number);
    }
    for (which, expected) in [("least", least), ("most", most)] {
        let prototype = format!("{c} {which}_{name}(void)");
        let text = Value::from(expected).to_string();
        assert_eq!(all_ways(&prototype, &[]).to_string(), text);
        // SAFETY: as above.
        let number: T = unsafe { bind(&prototype).call(()) }.expect(c);
        assert_eq!(number, expected);
    }
    let typed = bind(&same)
        .typed::<unsafe extern "C" fn(T) -> T>()
        .expect(c);
    // SAFETY: as above.
    assert_eq!(unsafe { typed(most) }, most);
}

macro_rules! scalars {
    ($($name:ident $ty:ty, $c:literal: $($number:expr),*;)*) => {$(
        #[test]
        fn $name() {
            check::<$ty>(stringify!($name), $c, &[$($number),*], <$ty>::MIN, <$ty>::MAX);
        }
    )*};
}

scalars! {
    char std::ffi::c_char, "char": 0, 1, 65;
    i8 i8, "int8_t": -1, 0, 1;
    u8 u8, "uint8_t": 1, 127, 128;
    i16 i16, "short": -1, 0, 1, 255, 256;
    u16 u16, "unsigned short": 1, 0x7fff, 0x8000;
    i32 i32, "int": -1, 0, 1, 65536;
    u32 u32, "unsigned": 1, 0x7fff_ffff, 0x8000_0000;
    i64 i64, "int64_t": -1, 0, 1 << 53, 1 << 32;
    u64 u64, "uint64_t": 1, 1 << 63, (1 << 53) + 1;
    isize isize, "ptrdiff_t": -1, 0;
    usize usize, "size_t": 1, 1 << 63;
    f32 f32, "float": 0.0, -0.0, 1.5, f32::INFINITY, 1e-45;
    f64 f64, "double": 0.0, -0.0, 0.1, f64::NEG_INFINITY, 5e-324;
}

#[test]
fn bool() {
    check("bool", "bool", &[], false, true);
}

#[test]
fn signed_and_unsigned_char_are_types_of_their_own() {
    // Whether `char` has a sign is the platform's to say.
    let plain = i64::from(!0 as std::ffi::c_char);
    for (c, number) in [("signed char", -1), ("char", plain)] {
        let same = format!("{c} same_i8({c})");
        assert_eq!(all_ways(&same, &values![number]).as_i64(), Some(number));
    }
    assert_eq!(
        all_ways("unsigned char same_u8(unsigned char)", &values![255]).as_u64(),
        Some(255)
    );
    let same = bind("char same_char(char)");
    // SAFETY: the fixture's functions are called as they are declared.
    unsafe {
        let minus_one = !0 as std::ffi::c_char;
        assert_eq!(
            same.call::<_, std::ffi::c_char>((minus_one,))
                .expect("a char"),
            minus_one
        );
        // rustc extends a narrow argument by the Rust type, and callees rely on it.
        let (other, name) = if std::ffi::c_char::MIN == 0 {
            (same.call::<_, std::ffi::c_char>((-1i8,)).map(drop), "i8")
        } else {
            (same.call::<_, std::ffi::c_char>((255u8,)).map(drop), "u8")
        };
        let text = other.expect_err("another sign").to_string();
        let expected = format!(
            "same_char: argument 1: expected char, found {name}; \
             convert it with `as std::ffi::c_char` (in "
        );
        assert!(text.starts_with(&expected), "{text}");
    }
    // Values are brought to the sign of the type.
    let value = all_ways("char same_char(char)", &values![200u8]);
    assert_eq!(value.as_i64(), Some((200u8 as std::ffi::c_char).into()));
}

#[test]
fn nans_keep_their_bits() {
    let nan = f64::from_bits(0x7ff8_0000_dead_beef);
    let back = all_ways("double same_f64(double)", &values![nan]).as_f64();
    assert_eq!(back.map(f64::to_bits), Some(nan.to_bits()));
    for function in on_engines("float same_f32(float)") {
        let nan = f32::from_bits(0x7fc0_0001);
        // SAFETY: the fixture's functions are called as they are declared.
        let back = unsafe { function.call_values(&values![nan]) }.expect("a float");
        assert_eq!(
            f32::try_from(back).expect("a float").to_bits(),
            nan.to_bits()
        );
    }
}

#[test]
fn small_integers_are_extended() {
    assert_eq!(
        all_ways("uint32_t cast_u8_u32(uint8_t)", &values![255]).as_i64(),
        Some(255)
    );
    assert_eq!(
        all_ways("uint8_t cast_u32_u8(uint32_t)", &values![256]).as_i64(),
        Some(0)
    );
    assert_eq!(
        all_ways("int64_t widen_i8(int8_t)", &values![-128]).as_i64(),
        Some(-128)
    );
    let numbers: Vec<_> = (0..13).map(Value::from).collect();
    let many = format!("uint16_t add_many_u16({})", ["uint16_t"; 13].join(", "));
    assert_eq!(all_ways(&many, &numbers).as_i64(), Some(78));
    let most = [Value::from(u16::MAX); 13];
    assert_eq!(all_ways(&many, &most).as_i64(), Some(65536 - 13));
}

#[test]
fn integers_of_other_widths_are_fitted() {
    for value in [Value::from(-5i8), Value::from(-5i64), Value::from(-5i16)] {
        assert_eq!(all_ways("int same_i32(int)", &[value]).as_i64(), Some(-5));
    }
    assert_eq!(
        all_ways("uint64_t same_u64(uint64_t)", &values![7i8]).as_u64(),
        Some(7)
    );
    assert_eq!(
        all_ways("int8_t same_i8(int8_t)", &values![127u64]).as_i64(),
        Some(127)
    );
}

#[test]
fn a_result_may_be_set_anew() {
    let mut result = all_ways("int same_i32(int)", &values![1]);
    // SAFETY: the fixture's functions are called as they are declared.
    let mut scalar = unsafe { bind("int same_i32(int)").call_values(&values![1]) }.expect("1");
    for value in [&mut result, &mut scalar] {
        value.set("", 7i64).expect("an int");
        assert_eq!(value.as_i64(), Some(7));
        assert!(value.set("", 1i64 << 31).is_err());
        assert!(value.set("x", 1).is_err());
    }
}

#[test]
fn sums_wrap_as_in_c() {
    assert_eq!(
        all_ways(
            "uint32_t add_u32(uint32_t, uint32_t)",
            &values![u32::MAX, 2]
        )
        .as_i64(),
        Some(1)
    );
    assert_eq!(
        all_ways("uint8_t add_u8(uint8_t, uint8_t)", &values![255, 255]).as_i64(),
        Some(254)
    );
    assert_eq!(
        all_ways("double add_f64(double, double)", &values![0.1, 0.2]).as_f64(),
        Some(0.1 + 0.2)
    );
    assert_eq!(
        all_ways("bool add_bool(bool, bool)", &values![true, true]).as_bool(),
        Some(true)
    );
}

const WEIGH26: &str = "double weigh26(signed char, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, \
    uint64_t, float, double, signed char, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, \
    uint64_t, float, double, bool, const void *, int w, int x, int y, int z)";

#[test]
fn nineteen_and_twenty_six_arguments_find_their_places() {
    let weigh19 = "double weigh19(uint8_t a, uint16_t b, uint32_t c, uint64_t d, double e, float f, \
        int64_t g, int32_t h, int16_t i, int8_t j, ptrdiff_t k, size_t l, double m, float n, \
        double o, float p, double q, float r, double s)";
    let arguments = values![
        1, 1, 1, 1, 1.0, 1f32, 1, 1, 1, 1, 1, 1, 1.0, 1f32, 1.0, 1f32, 1.0, 1f32, 1.0
    ];
    assert_eq!(all_ways(weigh19, &arguments).as_f64(), Some(190.0));
    let here = 0u8;
    let mut arguments = values![
        1, 1, 1, 1, 1, 1, 1, 1, 1f32, 1.0, 1, 1, 1, 1, 1, 1, 1, 1, 1f32, 1.0, true, &here, 1, 1, 1,
        1
    ];
    assert_eq!(all_ways(WEIGH26, &arguments).as_f64(), Some(351.0));
    for index in [0, 2, 4, 6, 10, 25] {
        arguments[index] = Value::from(-100);
        let expected = 351.0 - 101.0 * (index + 1) as f64;
        assert_eq!(
            all_ways(WEIGH26, &arguments).as_f64(),
            Some(expected),
            "{index}"
        );
        arguments[index] = Value::from(1);
    }
}

#[test]
fn another_convention_is_called_as_declared() {
    if !cfg!(all(target_arch = "x86_64", not(target_env = "msvc"))) {
        return;
    }
    let weigh = "__attribute__((ms_abi)) double weigh_win(int a, double b, \
        struct { double x, y, w, h; } c, int64_t d, float e)";
    let ty = farcall::FnType::parse(weigh).expect("a prototype").params()[2].ty();
    let rect =
        farcall::OwnedValue::record(ty.record().expect("a record"), &values![3.0, 0.0, 0.0, 4.0]);
    let rect = rect.expect("a record");
    assert_eq!(
        all_ways(weigh, &values![1, 2.0, &rect, 5, 6f32]).as_f64(),
        Some(1. + 4. + 9. + 16. + 25. + 36.)
    );
    assert_eq!(
        all_ways(
            "__attribute__((ms_abi)) int8_t win_i8(int8_t)",
            &values![-128]
        )
        .as_i64(),
        Some(-128)
    );
    let i8 = bind("__attribute__((ms_abi)) int8_t win_i8(int8_t)");
    // SAFETY: the fixture's functions are called as they are declared.
    let back: i8 = unsafe { i8.call((-128i8,)) }.expect("through an engine");
    assert_eq!(back, -128);
}
