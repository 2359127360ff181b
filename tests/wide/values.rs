//! Values and owned values of them.

use farcall::{Complex, F16, Lanes, LongDouble, OwnedValue, Type, Value, ValueView, Vector, Wide};

/// A value, its copy, its type and its print.
fn same<T: Wide + 'static>(value: T, ty: &str, print: &str)
where
    OwnedValue: From<T>,
{
    let borrowed = Value::of(&value);
    let owned: OwnedValue = value.into();
    let copy = <OwnedValue as From<Value<'_>>>::from(borrowed);
    for one in [
        borrowed,
        owned.as_value(),
        copy.as_value(),
        owned.clone().as_value(),
    ] {
        assert_eq!(one.to_string(), print);
        assert_eq!(one.ty().to_string(), ty);
        assert_eq!(one.view(), borrowed.view());
    }
}

#[test]
fn they_are_copied_printed_and_known() {
    same(-7i128, "__int128", "-7");
    same(u128::MAX, "unsigned __int128", &u128::MAX.to_string());
    same(LongDouble::from(0.1), "long double", "0.1");
    same(F16::from_f32(0.5), "_Float16", "0.5");
    same(Complex::new(1.0f32, -2.0), "float _Complex", "1.0-2.0i");
    same(Complex::new(1.0, 2.0), "double _Complex", "1.0+2.0i");
    same(
        Complex::new(F16::from_f32(1.0), F16::default()),
        "_Float16 _Complex",
        "1.0+0.0i",
    );
    same(
        Complex::new(LongDouble::from(1), LongDouble::from(-2)),
        "long double _Complex",
        "1.0-2.0i",
    );
    same(
        Vector::new([1i8, -1, 0, 0, 0, 0, 0, 0]),
        "int8_t __attribute__((vector_size(8)))",
        "[1, -1, 0, 0, 0, 0, 0, 0]",
    );
    same(
        Vector::new([1.0, 2.0]),
        "double __attribute__((vector_size(16)))",
        "[1.0, 2.0]",
    );
}

#[test]
fn every_vector_has_size_alignment_and_type() {
    fn check<A: Lanes>(size: usize) {
        assert_eq!(
            (size_of::<Vector<A>>(), align_of::<Vector<A>>()),
            (size, size)
        );
        let ty = <Vector<A> as farcall::ForeignType>::TYPE;
        let c = ty.to_type().unwrap();
        assert_eq!((c.size(), c.align()), (Some(size as u64), size as u64));
        assert!(ty.is_compatible(c));
    }
    check::<[i8; 8]>(8);
    check::<[u8; 16]>(16);
    check::<[i16; 4]>(8);
    check::<[u16; 8]>(16);
    check::<[i32; 2]>(8);
    check::<[u32; 4]>(16);
    check::<[i64; 1]>(8);
    check::<[u64; 2]>(16);
    check::<[f32; 2]>(8);
    check::<[f32; 4]>(16);
    check::<[f64; 2]>(16);
}

#[test]
fn rust_types_have_the_size_of_their_c_types() {
    fn check<T: farcall::ForeignType>() {
        let ty = T::TYPE.to_type().unwrap();
        assert_eq!(ty.size(), Some(size_of::<T>() as u64), "{ty}");
        assert_eq!(ty.align(), align_of::<T>() as u64, "{ty}");
    }
    check::<i128>();
    check::<u128>();
    check::<F16>();
    check::<LongDouble>();
    check::<Complex<F16>>();
    check::<Complex<f32>>();
    check::<Complex<f64>>();
    check::<Complex<LongDouble>>();
}

#[test]
fn values_in_packed_records_are_read_at_any_alignment() {
    let text = "struct { char pad; long double x; __int128 n; float _Complex z;
        int v __attribute__((vector_size(16))); } __attribute__((packed))";
    let ty = Type::parse(text).unwrap();
    let mut record = OwnedValue::zeroed(ty.record().unwrap());
    let z = Complex::new(1.0f32, 2.0);
    record.set("x", Value::of(&LongDouble::from(3))).unwrap();
    record.set("n", 4).unwrap();
    record.set("z", Value::of(&z)).unwrap();
    record
        .set("v", Value::of(&Vector::new([5, 6, 7, 8])))
        .unwrap();
    assert_eq!(
        record.to_string(),
        "{ pad: 0, x: 3.0, n: 4, z: 1.0+2.0i, v: [5, 6, 7, 8] }"
    );
    let n = record
        .as_record()
        .unwrap()
        .get("n")
        .unwrap()
        .value()
        .unwrap();
    assert!(matches!(n.view(), ValueView::I128(4)));
}

#[test]
fn a_reference_is_a_pointer_and_not_the_value() {
    let number = 5i128;
    assert!(Value::from(&number).as_pointer().is_some());
    assert_eq!(Value::of(&number).as_i64(), Some(5));
}
