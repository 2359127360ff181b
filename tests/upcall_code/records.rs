//! Do records reach callbacks, and come back from them, wherever a convention puts them?

use crate::{both, double, float, ints};

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn counting(first: u8, size: usize) -> Vec<u8> {
    (0..size)
        .map(|index| first.wrapping_add(index as u8))
        .collect()
}

#[test]
fn records_of_every_size_come_and_go() {
    for size in (1..=17).chain([24, 5000]) {
        let bytes = format!("{{u8*{size}}}");
        let text = format!("i32 {bytes} f64 i64 i64 i64 i64 i64 {bytes} f32 -> {bytes}");
        let result = counting(201, size);
        let mut passed = ints([-1]);
        passed.push(counting(1, size));
        passed.push(double(0.5));
        passed.extend(ints([2, 3, 4, 5, 6]));
        passed.extend([counting(101, size), float(7.0)]);
        both(&text, &format!("echo{size}"), &result, |answer| {
            answer.saw(&passed).got(&result);
        });
    }
}

#[test]
fn records_are_put_together_from_both_banks() {
    let text = "{i32 f64} {f32*3} {i64 i8} {f32} {f64*2} {f32*2} -> {i64 f64}";
    let result = [9i64.to_le_bytes(), (-9f64).to_le_bytes()].concat();
    both(text, "records", &result, |answer| {
        let seen = &answer.call.seen;
        let name = &answer.name;
        // What lies between and behind the members is nobody's.
        assert_eq!(seen[0][..4], (-1i32).to_le_bytes(), "{name}");
        assert_eq!(seen[0][8..], 2f64.to_le_bytes(), "{name}");
        assert_eq!(seen[1], floats(&[3.0, 4.0, 5.0]), "{name}");
        assert_eq!(seen[2][..8], 6i64.to_le_bytes(), "{name}");
        assert_eq!(seen[2][8..9], (-7i8).to_le_bytes(), "{name}");
        assert_eq!(seen[3], floats(&[8.0]), "{name}");
        assert_eq!(seen[4], [double(9.0), double(10.0)].concat(), "{name}");
        assert_eq!(seen[5], floats(&[11.0, 12.0]), "{name}");
        answer.got(&result);
    });
}

#[test]
fn records_of_scalars_come_back() {
    for (text, name, size) in [
        ("-> {f32}", "float1", 4),
        ("-> {f32*2}", "float2", 8),
        ("-> {f32*3}", "float3", 12),
        ("-> {f32*4}", "float4", 16),
        ("-> {i64 i64}", "ints", 16),
        ("-> {f64 f64}", "doubles", 16),
        ("-> {i64 f64}", "int_then", 16),
        ("-> {f64 i64}", "double_then", 16),
        ("-> align(16){i64 i64}", "aligned16", 16),
    ] {
        let result = counting(61, size);
        both(text, &format!("gives_{name}"), &result, |answer| {
            answer.got(&result);
        });
    }
}

#[test]
fn records_are_as_aligned_as_c_has_them() {
    let (pair, three) = ("align(16){i64 i64}", "align(32){f64*3}");
    let text = format!("i8 {pair} {three} i64 i64 i64 {pair} i8 {three}");
    both(&text, "aligned", &[], |answer| {
        let seen = &answer.call.seen;
        let words: Vec<&[u8]> = seen
            .iter()
            .map(|bytes| &bytes[..bytes.len().min(24)])
            .collect();
        let three = |first: f64| [double(first), double(first + 1.0), double(first + 2.0)].concat();
        let expected = [
            ints([-1]).concat(),
            ints([1, 2]).concat(),
            three(3.0),
            ints([11]).concat(),
            ints([12]).concat(),
            ints([13]).concat(),
            ints([6, 7]).concat(),
            ints([-2]).concat(),
            three(8.0),
        ];
        assert_eq!(words, expected, "{}", answer.name);
        answer.got(&[1]);
    });
}

/// C compilers rely on it: the address is what they go on with.
#[test]
fn the_address_of_a_result_in_memory_is_used_and_returned() {
    let result = counting(3, 24);
    let passed = [ints([-5]).concat(), counting(50, 24)];
    both("i32 {u8*24} -> {u8*24}", "memory", &result, |answer| {
        let own = answer.out.as_ptr().addr();
        assert_eq!(answer.call.place.addr(), own, "{}", answer.name);
        let whole = [result.as_slice(), &own.to_le_bytes()].concat();
        answer.saw(&passed).got(&whole);
    });
}
