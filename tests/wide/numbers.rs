//! Numbers by themselves, compared with what the C library makes of them.

use farcall::{F16, Library, LongDouble, Value, values};

/// Numbers of every size, among them those that an f64 does not hold.
const TEXTS: [&str; 12] = [
    "0x1p+0",
    "-0x1.8p-3",
    "0x1.fffffffffffff8p+0",
    "0x1.5555555555555556p-2",
    "-0x1.921fb54442d1846ap+1",
    "0x1.fffffffffffffffep+16383",
    "0x1p-16382",
    "0x0p+0",
    "0x123456789abcdef0p+4",
    "0xf.f",
    "0x1.00000000000001p+0",
    "0x1.000000000000008p+0",
];

#[test]
fn hexadecimal_text_is_what_strtold_reads() {
    let this = Library::this().unwrap();
    let strtold = this
        .function("long double strtold(const char *text, char **end)")
        .unwrap();
    for text in TEXTS {
        let ours: LongDouble = text.parse().unwrap();
        let c = std::ffi::CString::new(text).unwrap();
        // SAFETY: the declaration is that of the C standard, and the text is one.
        let theirs = unsafe {
            strtold
                .call_values(&values![c.as_c_str(), Value::NULL])
                .unwrap()
        };
        let theirs = LongDouble::try_from(theirs).unwrap();
        assert_eq!(ours.to_bits(), theirs.to_bits(), "{text}");
        assert_eq!(ours.to_string().parse(), Ok(ours), "{ours}");
    }
}

#[test]
fn an_f64_is_there_and_back_the_same() {
    let mut bits = 1u64;
    for _ in 0..100_000 {
        bits = bits
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let number = f64::from_bits(bits ^ bits >> 29);
        let long = LongDouble::from(number);
        if number.is_nan() {
            assert!(long.to_f64().is_nan() && long != long);
        } else {
            assert_eq!(long.to_f64().to_bits(), number.to_bits());
            assert_eq!(long.to_string(), format!("{number:?}"));
            assert_eq!(long.to_string().parse(), Ok(long));
        }
    }
}

#[test]
fn integers_and_order() {
    assert_eq!(
        LongDouble::from(u64::MAX).to_string().parse(),
        Ok(LongDouble::from(u64::MAX))
    );
    let next = LongDouble::from(u64::MAX);
    let below = LongDouble::from(u64::MAX - 1);
    assert_eq!(
        below < next,
        LongDouble::default().to_bits() == 0 && size_of::<LongDouble>() > 8
    );
    assert!(LongDouble::from(-1) < LongDouble::from(1u8));
    assert_eq!(LongDouble::from(0.0), LongDouble::from(-0.0));
    assert_eq!(LongDouble::from_bits(next.to_bits()), next);
    for text in ["", "0x", "0xg", "0x1p", "1,5", "0x1p99999999999", "--1"] {
        let error = text.parse::<LongDouble>().unwrap_err();
        assert!(error.to_string().starts_with("expected a number"), "{text}");
    }
    assert!(
        "0x1p+20000"
            .parse::<LongDouble>()
            .unwrap()
            .to_f64()
            .is_infinite()
    );
    assert_eq!("0x1p-20000".parse(), Ok(LongDouble::from(0)));
}

/// Every half, both ways, and what lies between two of them.
#[test]
fn halves_are_exact_and_rounded_to_even() {
    for bits in 0..=u16::MAX {
        let half = F16::from_bits(bits);
        let float = half.to_f32();
        if float.is_nan() {
            assert!(F16::from_f32(float).to_f32().is_nan());
            continue;
        }
        assert_eq!(F16::from_f32(float).to_bits(), bits);
        if bits & 0x7fff < 0x7bff {
            let above = F16::from_bits(bits + 1);
            let middle = (float + above.to_f32()) / 2.0;
            let even = if bits & 1 == 0 { half } else { above };
            assert_eq!(F16::from_f32(middle).to_bits(), even.to_bits());
            let nearer = f32::from_bits(middle.to_bits() - 1);
            assert_eq!(F16::from_f32(nearer).to_bits(), bits, "{nearer}");
        }
    }
}
