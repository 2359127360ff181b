//! The mathematical library.

use std::f64::consts::PI;
use std::ffi::c_int;

use farcall::values;

use super::Api;

const MATH: &str = "
    double pow(double x, double y);
    double frexp(double x, int *exp);
    double modf(double x, double *iptr);
    double lgamma_r(double x, int *signp);
    double fma(double x, double y, double z);
    float fmaf(float x, float y, float z);
    float hypotf(float x, float y);
    float cbrtf(float x);
    double ldexp(double x, int exp);
    double atan2(double y, double x);
    double remquo(double x, double y, int *quo);
    double scalbln(double x, long exp);
    double nextafter(double x, double y);
    double jn(int n, double x);
    int ilogb(double x);
    long lround(double x);
    long long llroundf(float x);
    void sincos(double x, double *sin, double *cos);
";

fn math() -> Api {
    Api::open("m", "libc6", MATH).unwrap()
}

#[test]
fn functions_of_doubles_are_exact_where_they_can_be() {
    for api in math().engines() {
        let double = |name, arguments: &[_]| api.pure(name, arguments).as_f64().unwrap();
        assert_eq!(double("pow", &values![2.0, 10.0]), 1024.0);
        assert_eq!(double("pow", &values![2.0, -1074.0]), 5e-324);
        assert_eq!(double("fma", &values![3.0, 5.0, -7.0]), 8.0);
        assert_eq!(double("ldexp", &values![0.75, 6]), 48.0);
        assert_eq!(double("ldexp", &values![48.0, -6]), 0.75);
        assert_eq!(double("scalbln", &values![1.5, -1]), 0.75);
        assert_eq!(double("atan2", &values![0.0, -1.0]), PI);
        assert_eq!(double("nextafter", &values![1.0, 2.0]), 1.0 + f64::EPSILON);
        assert!(double("pow", &values![-1.0, 0.5]).is_nan());
        // DLMF 10.2.2, at 0 and to the last bits at 1.
        assert_eq!(double("jn", &values![3, 0.0]), 0.0);
        assert!((double("jn", &values![2, 1.0]) - 0.114_903_484_931_900_5).abs() < 1e-15);
    }
}

#[test]
fn functions_of_floats_are_exact_where_they_can_be() {
    for api in math().engines() {
        let float = |name, arguments: &[_]| api.pure(name, arguments).as_f64().unwrap();
        assert_eq!(float("hypotf", &values![3.0f32, 4.0f32]), 5.0);
        assert_eq!(float("cbrtf", &values![27.0f32]), 3.0);
        assert_eq!(float("fmaf", &values![2.0f32, 3.0f32, 0.5f32]), 6.5);
    }
}

#[test]
fn integers_come_back_from_floats() {
    for api in math().engines() {
        let integer = |name, arguments: &[_]| api.pure(name, arguments).as_i64().unwrap();
        assert_eq!(integer("ilogb", &values![8.5]), 3);
        assert_eq!(integer("ilogb", &values![0.3]), -2);
        assert_eq!(integer("lround", &values![-2.5]), -3);
        assert_eq!(
            integer("llroundf", &values![1.0e15f32]),
            999_999_986_991_104
        );
    }
}

#[test]
fn second_results_are_written_through_pointers() {
    for api in math().engines() {
        let (mut exponent, mut whole, mut sign, mut quotient) = (0, 0.0, 0, 0);
        let (mut sin, mut cos) = (0f64, 0f64);
        let double = |name, arguments: &[_]| api.pure(name, arguments).as_f64().unwrap();
        assert_eq!(double("frexp", &values![48.0, &mut exponent]), 0.75);
        assert_eq!(double("modf", &values![-3.75, &mut whole]), -0.75);
        // the gamma function of -1/2 is -2 times the root of pi
        let gamma = double("lgamma_r", &values![-0.5, &mut sign]);
        assert!((gamma - 1.265_512_123_484_645_4).abs() < 1e-15, "{gamma}");
        assert_eq!(double("remquo", &values![7.0, 2.0, &mut quotient]), -1.0);
        api.pure("sincos", &values![PI / 6.0, &mut sin, &mut cos]);
        assert!((sin - 0.5).abs() < 1e-15 && (cos - 0.75f64.sqrt()).abs() < 1e-15);
        assert_eq!((exponent, whole, sign, quotient & 7), (6, -3.0, -1, 4));
    }
}

#[test]
fn calls_with_rust_types_give_the_same() {
    let api = math();
    // SAFETY: the declarations are those of the C standard.
    let power: f64 = unsafe { api.function("pow").call((2.0, 10.0)) }.unwrap();
    let mut exponent: c_int = 0;
    // SAFETY: as above.
    let fraction: f64 = unsafe { api.function("frexp").call((48.0, &mut exponent)) }.unwrap();
    assert_eq!((power, fraction, exponent), (1024.0, 0.75, 6));
    let hypot = api
        .function("hypotf")
        .typed::<unsafe extern "C" fn(f32, f32) -> f32>();
    // SAFETY: as above.
    assert_eq!(unsafe { hypot.unwrap()(3.0, 4.0) }, 5.0);
}
