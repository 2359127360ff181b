//! The C library's formatting: does every conversion print what the compiler's own call prints?

use crate::{SNPRINTF, bind, library, text};
use farcall::{Value, values};
use std::ffi::{CStr, c_char, c_int, c_long};
use std::ptr;

/// The rows of the fixture: its format and what the compiler's call prints.
fn rows() -> Vec<(&'static CStr, String)> {
    let formats = library().symbol("variadic_formats").expect("the formats");
    let formats = formats.address().cast::<*const c_char>();
    let reference = bind("int variadic_reference(int row, char *to, size_t size)");
    let row = |index: usize| {
        // SAFETY: the fixture's formats end with null.
        let format = unsafe { formats.add(index).read() };
        if format.is_null() {
            return None;
        }
        let mut to = [0u8; 512];
        // SAFETY: the fixture's function has this type.
        let length: c_int =
            unsafe { reference.call((index as c_int, &mut to[..], 512usize)) }.expect("a text");
        let text = String::from_utf8_lossy(&to[..length as usize]).into_owned();
        // SAFETY: the formats are literals.
        Some((unsafe { CStr::from_ptr(format) }, text))
    };
    (0..).map_while(row).collect()
}

/// A pointer of that address.
fn at(address: usize) -> Value<'static> {
    Value::from(ptr::without_provenance::<u8>(address))
}

/// The arguments of each row, as in the fixture.
fn arguments(counted: &mut c_int) -> Vec<Vec<Value<'_>>> {
    let mixed = (1..=10).flat_map(|n| values![n, f64::from(n) + 0.5]);
    vec![
        values![-42, 42, 7, 7, -7, 7, 7, 7].to_vec(),
        values![4_000_000_000u32, 8u32, 255u32, 255u32, 8u32, 255u32, 0u32].to_vec(),
        values![-3i16, 65535u16, -128i8, 200u8].to_vec(),
        values![
            -2_000_000_000 as c_long,
            4_000_000_000u64,
            -9_000_000_000_000_000_000i64,
            18_000_000_000_000_000_000u64,
            0x1234_5678_i64
        ]
        .to_vec(),
        values![1usize << 40, 77usize, -1i64, u64::MAX, -9isize].to_vec(),
        values![b'a', 66, b'c' as c_char, 'd' as u32].to_vec(),
        values![
            c"one",
            c"two",
            c"three",
            c"shortened",
            6,
            c"six",
            5,
            c"five",
            2,
            c"cut"
        ]
        .to_vec(),
        vec![at(0x1234), Value::NULL, at(0xabcdef)],
        values![1.5, 2.5, 1.0 / 3.0, 4.0, -5.5, 6.25, 7.0, 8.0].to_vec(),
        values![
            12345.678,
            1e-9,
            0.0,
            1e20,
            1e-20,
            1.0 / 3.0,
            2.0,
            -0.1,
            1e300,
            1.0
        ]
        .to_vec(),
        values![f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324].to_vec(),
        values![1.25f32, -0.5f32].to_vec(),
        values![5, 1, 5, 2, 3, 3.25, 9, 2, 2.625, -1, c"all"].to_vec(),
        values![1, c"swapped", 2.5].to_vec(),
        mixed.collect(),
        values![c"counted", counted].to_vec(),
        vec![],
    ]
}

#[test]
fn every_conversion_prints_what_the_compilers_call_prints() {
    let mut counted = 0;
    let (rows, arguments) = (rows(), arguments(&mut counted));
    assert_eq!(rows.len(), arguments.len());
    for ((format, expected), extra) in rows.iter().zip(&arguments) {
        let printed = text(SNPRINTF, Value::from(*format), extra);
        assert_eq!(printed, *expected, "{format:?}");
    }
    drop(arguments);
    assert_eq!(counted, "counted".len() as c_int);
}

#[test]
fn tuples_print_the_same() {
    let rows = rows();
    for function in crate::on_engines(SNPRINTF) {
        let mut to = [0u8; 512];
        let place = to.as_mut_ptr();
        let mut row = 0..;
        macro_rules! print {
            ($row:literal: $($extra:expr),*) => {
                assert_eq!(row.next(), Some($row));
                for _ in 0..3 {
                    let arguments = (place, 512usize, rows[$row].0, $($extra),*);
                    // SAFETY: the arguments are those that the format asks for.
                    let length: c_int = unsafe { function.call(arguments) }.expect("a length");
                    // SAFETY: as above.
                    let again = unsafe { function.call_errno::<_, c_int>(arguments) };
                    let (again, errno) = again.expect("a length");
                    // SAFETY: the function wrote that many bytes there.
                    let text = unsafe { std::slice::from_raw_parts(place, length as usize) };
                    assert_eq!(String::from_utf8_lossy(text), rows[$row].1);
                    assert_eq!((again, errno.0), (length, 0));
                }
            };
        }
        print!(0: -42, 42, 7, 7, -7, 7, 7, 7);
        print!(1: 4_000_000_000u32, 8u32, 255u32, 255u32, 8u32, 255u32, 0u32);
        print!(2: -3i16, 65535u16, -128i8, 200u8);
        print!(
            3: -2_000_000_000 as c_long, 4_000_000_000u64, -9_000_000_000_000_000_000i64,
            18_000_000_000_000_000_000u64, 0x1234_5678_i64
        );
        print!(4: 1usize << 40, 77usize, -1i64, u64::MAX, -9isize);
        print!(5: b'a', 66, b'c' as c_char, 'd');
        print!(6: c"one", c"two", c"three", c"shortened", 6, c"six", 5, c"five", 2, c"cut");
        print!(
            7: ptr::without_provenance::<u8>(0x1234), ptr::null::<u8>(),
            ptr::without_provenance_mut::<i32>(0xabcdef)
        );
        print!(8: 1.5, 2.5, 1.0 / 3.0, 4.0, -5.5, 6.25, 7.0, 8.0);
        print!(9: 12345.678, 1e-9, 0.0, 1e20, 1e-20, 1.0 / 3.0, 2.0, -0.1, 1e300, 1.0);
        print!(10: f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324);
        print!(11: 1.25f32, -0.5f32);
        print!(12: 5, 1, 5, 2, 3, 3.25, 9, 2, 2.625, -1, c"all");
        print!(13: 1, c"swapped", 2.5);
    }
}
