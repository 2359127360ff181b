//! GMP.

use std::ffi::CStr;

use farcall::{OwnedValue, Value, values};

use super::Api;

const GMP: &str = "
    typedef unsigned long mp_limb_t;
    typedef struct { int _mp_alloc; int _mp_size; mp_limb_t *_mp_d; } __mpz_struct;
    typedef __mpz_struct mpz_t[1];
    typedef const __mpz_struct *mpz_srcptr;
    void __gmpz_init(mpz_t x);
    void __gmpz_clear(mpz_t x);
    void __gmpz_fac_ui(mpz_t rop, unsigned long n);
    void __gmpz_ui_pow_ui(mpz_t rop, unsigned long base, unsigned long exp);
    void __gmpz_mul(mpz_t rop, mpz_srcptr op1, mpz_srcptr op2);
    int __gmpz_set_str(mpz_t rop, const char *str, int base);
    char *__gmpz_get_str(char *str, int base, mpz_srcptr op);
    double __gmpz_get_d_2exp(long *exp, mpz_srcptr op);
    int __gmpz_cmp_d(mpz_srcptr op1, double op2);
    int __gmpz_probab_prime_p(mpz_srcptr n, int reps);
    extern const char * const __gmp_version;
    extern const int __gmp_bits_per_limb;
";

/// A number of GMP, which is cleared in the end.
struct Number<'a>(&'a Api, OwnedValue);

impl<'a> Number<'a> {
    fn new(api: &'a Api) -> Self {
        let ty = api.declarations.record("__mpz_struct").unwrap();
        let mut number = Self(api, OwnedValue::zeroed(ty));
        api.call("__gmpz_init", &[number.pointer()]);
        number
    }

    fn pointer(&mut self) -> Value<'static> {
        Value::from(self.1.bytes_mut().as_mut_ptr())
    }

    fn text(&mut self, base: i32) -> String {
        let mut text = [0u8; 500];
        let arguments = values![&mut text[..], base, self.pointer()];
        self.0.call("__gmpz_get_str", &arguments);
        let text = CStr::from_bytes_until_nul(&text).unwrap();
        text.to_str().unwrap().to_owned()
    }
}

impl Drop for Number<'_> {
    fn drop(&mut self) {
        self.0.call("__gmpz_clear", &[self.pointer()]);
    }
}

fn gmp() -> Option<Api> {
    Api::open("gmp", "libgmp10", GMP)
}

#[test]
fn the_factorial_of_fifty_has_its_digits() {
    let Some(gmp) = gmp() else { return };
    for api in gmp.engines() {
        let mut number = Number::new(&api);
        api.call("__gmpz_fac_ui", &[number.pointer(), 50.into()]);
        let digits = "30414093201713378043612608166064768844377641568960512000000000000";
        assert_eq!(number.text(10), digits);
        let mut same = Number::new(&api);
        let text = std::ffi::CString::new(digits).unwrap();
        let arguments = values![same.pointer(), text.as_c_str(), 10];
        assert_eq!(api.int("__gmpz_set_str", &arguments), 0);
        assert_eq!(same.text(16), number.text(16));
    }
}

#[test]
fn numbers_are_multiplied_and_compared() {
    let Some(gmp) = gmp() else { return };
    for api in gmp.engines() {
        let (mut number, mut square) = (Number::new(&api), Number::new(&api));
        let arguments = values![number.pointer(), 2, 100];
        api.call("__gmpz_ui_pow_ui", &arguments);
        let arguments = [square.pointer(), number.pointer(), number.pointer()];
        api.call("__gmpz_mul", &arguments);
        assert_eq!(square.text(16), format!("1{:0>50}", ""));
        let mut exponent = 0i64;
        let arguments = values![&mut exponent, square.pointer()];
        let fraction = api.call("__gmpz_get_d_2exp", &arguments);
        assert_eq!((fraction.as_f64(), exponent), (Some(0.5), 201));
        let power = 2f64.powi(200);
        for (other, order) in [(power, 0), (power / 2.0, 1), (power * 2.0, -1)] {
            let arguments = values![square.pointer(), other];
            assert_eq!(api.int("__gmpz_cmp_d", &arguments).signum(), order);
        }
        // the Mersenne prime 2^127 - 1
        let text = c"170141183460469231731687303715884105727";
        api.call("__gmpz_set_str", &values![number.pointer(), text, 10]);
        let arguments = values![number.pointer(), 25];
        assert!(api.int("__gmpz_probab_prime_p", &arguments) > 0);
    }
}

#[test]
fn its_variables_can_be_read() {
    let Some(gmp) = gmp() else { return };
    // SAFETY: the declarations are those of the header, and the variables constants.
    let version = unsafe { gmp.variable("__gmp_version").read() }.unwrap();
    // SAFETY: it is a constant text.
    let version = unsafe { version.as_value().as_c_str() }.unwrap();
    let major = version.to_str().unwrap().split('.').next().unwrap();
    assert!(major.parse::<u32>().unwrap() >= 5, "{version:?}");
    // SAFETY: as above.
    let bits: i32 = unsafe { gmp.variable("__gmp_bits_per_limb").get() }.unwrap();
    assert_eq!(bits, 64);
}
