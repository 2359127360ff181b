//! The GNU Scientific Library: integrals of closures.

use super::Api;
use farcall::{Callback, OwnedValue, Value, values};
use std::cell::{Cell, RefCell};
use std::f64::consts::PI;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

const GSL: &str = "
    typedef struct { double (*function)(double x, void *params); void *params; } gsl_function;
    typedef struct gsl_integration_workspace gsl_integration_workspace;
    typedef void gsl_error_handler_t(const char *reason, const char *file, int line,
                                     int gsl_errno);
    gsl_error_handler_t *gsl_set_error_handler(gsl_error_handler_t *new_handler);
    gsl_integration_workspace *gsl_integration_workspace_alloc(const size_t n);
    void gsl_integration_workspace_free(gsl_integration_workspace *w);
    int gsl_integration_qags(const gsl_function *f, double a, double b, double epsabs,
                             double epsrel, size_t limit, gsl_integration_workspace *workspace,
                             double *result, double *abserr);
    int gsl_integration_qagi(gsl_function *f, double epsabs, double epsrel, size_t limit,
                             gsl_integration_workspace *workspace, double *result,
                             double *abserr);
";

type Integrand = unsafe extern "C" fn(f64, *mut c_void) -> f64;

const LIMIT: usize = 1000;

fn gsl() -> impl Iterator<Item = Api> {
    let api = Api::open("gsl", "libgsl27", GSL);
    api.into_iter()
        .flat_map(|api| api.callback_engines().collect::<Vec<_>>())
}

/// A function that GSL integrates, in the structure that it expects.
struct Integral {
    api: Api,
    structure: OwnedValue,
    workspace: *mut c_void,
}

impl Integral {
    fn new<F, P>(api: &Api, function: &Callback<F, P>) -> Self {
        let ty = api.declarations.ty("gsl_function").unwrap();
        let mut structure = OwnedValue::zeroed(ty.record().unwrap());
        structure.set("function", function).unwrap();
        let workspace = api.call("gsl_integration_workspace_alloc", &values![LIMIT]);
        let workspace = workspace.as_pointer().unwrap();
        Self {
            api: api.clone(),
            structure,
            workspace,
        }
    }

    /// The integral and the error that GSL expects it to have.
    fn finite(&self, from: f64, to: f64) -> farcall::Result<(f64, f64)> {
        let function = self.api.function("gsl_integration_qags");
        let (mut result, mut error) = (0.0, 0.0);
        let f = self.structure.as_record().unwrap().bytes().as_ptr();
        let arguments = values![
            f,
            from,
            to,
            1e-12,
            1e-9,
            LIMIT,
            self.workspace,
            &mut result,
            &mut error
        ];
        // SAFETY: the declarations are those of the manual.
        let status = unsafe { function.call_values(&arguments)? };
        assert_eq!(status.as_i64(), Some(0));
        Ok((result, error))
    }

    fn infinite(&self) -> f64 {
        let (mut result, mut error) = (0.0, 0.0);
        let f = self.structure.as_record().unwrap().bytes().as_ptr();
        let arguments = values![
            f,
            1e-12,
            1e-9,
            LIMIT,
            self.workspace,
            &mut result,
            &mut error
        ];
        assert_eq!(self.api.int("gsl_integration_qagi", &arguments), 0);
        result
    }
}

impl Drop for Integral {
    fn drop(&mut self) {
        self.api
            .call("gsl_integration_workspace_free", &values![self.workspace]);
    }
}

/// Whether two numbers agree as far as GSL was asked to be exact.
fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

/// A function, the bounds, the integral.
type Known = (fn(f64) -> f64, f64, f64, f64);

#[test]
fn known_integrals_come_out() {
    let known: [Known; 5] = [
        (|x| x.ln() / x.sqrt(), 0.0, 1.0, -4.0), // the example of the manual
        (f64::sin, 0.0, PI, 2.0),
        (|x| 1.0 / (1.0 + x * x), 0.0, 1.0, PI / 4.0),
        (|x| x.powi(5) - x, -1.0, 2.0, 9.0),
        (|x| (-x).exp(), 0.0, 1.0, 1.0 - (-1.0f64).exp()),
    ];
    for api in gsl() {
        for (f, from, to, expected) in known {
            let typed = move |x: f64, _: *mut c_void| f(x);
            let typed: Callback<Integrand> = api.builder().from_fn(typed).unwrap();
            let values = move |args: &[Value<'_>]| args[0].as_f64().map(f).ok_or("no number");
            let values = api.builder().new(typed.ty(), values).unwrap();
            let found = [
                Integral::new(&api, &typed).finite(from, to).unwrap(),
                Integral::new(&api, &values).finite(from, to).unwrap(),
            ];
            for (found, error) in found {
                assert!(near(found, expected), "{found} ± {error}, not {expected}");
            }
            assert_eq!(found[0], found[1]);
        }
    }
}

#[test]
fn a_bell_has_its_area() {
    for api in gsl() {
        let width = 3.0;
        let bell = move |x: f64, _: *mut c_void| (-(x / width).powi(2)).exp();
        let bell: Callback<Integrand> = api.builder().from_fn(bell).unwrap();
        let found = Integral::new(&api, &bell).infinite();
        assert!(near(found, width * PI.sqrt()), "{found}");
    }
}

#[test]
fn an_integral_is_the_function_of_another() {
    for api in gsl() {
        // x y² over the unit square: the outer closure integrates the inner one for its own x
        let x = Rc::new(Cell::new(0.0));
        let given = x.clone();
        let inner = move |y: f64, _: *mut c_void| given.get() * y * y;
        let inner: Callback<Integrand> = api.builder().from_fn(inner).unwrap();
        let inner_integral = Integral::new(&api, &inner);
        let outer = move |args: &[Value<'_>]| -> farcall::Result<f64> {
            x.set(args[0].try_into()?);
            Ok(inner_integral.finite(0.0, 1.0)?.0)
        };
        let outer = api.builder().new(inner.ty(), outer).unwrap();
        let (found, _) = Integral::new(&api, &outer).finite(0.0, 1.0).unwrap();
        assert!(near(found, 1.0 / 6.0), "{found}");
    }
}

#[test]
fn a_failing_function_has_no_integral() {
    for api in gsl() {
        let ty = api
            .declarations
            .ty("gsl_function")
            .unwrap()
            .record()
            .unwrap();
        let ty = ty.field("function").unwrap().ty().function().unwrap();
        let half = |args: &[Value<'_>]| match f64::try_from(args[0]) {
            Ok(x) if x < 0.5 => Ok(x),
            _ => Err("the function is not defined there"),
        };
        let half = api
            .builder()
            .name("half")
            .fallback(0.0)
            .new(ty, half)
            .unwrap();
        let integral = Integral::new(&api, &half);
        let error = integral.finite(0.0, 1.0).unwrap_err().to_string();
        assert!(
            error.starts_with("callback half: the function is not defined there"),
            "{error}"
        );
        assert_eq!(integral.finite(0.0, 0.5).unwrap().0, 0.125);
        let panics: Callback<Integrand> = api
            .builder()
            .from_fn(|_: f64, _: *mut c_void| -> f64 { panic!("no number") })
            .unwrap();
        let integral = Integral::new(&api, &panics);
        let payload = catch_unwind(AssertUnwindSafe(|| integral.finite(0.0, 1.0))).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"no number"));
    }
}

type ErrorHandler = unsafe extern "C" fn(*const c_char, *const c_char, c_int, c_int);

/// GSL has one handler of errors for the whole process: no other test makes any.
#[test]
fn an_error_of_the_library_is_told_to_a_closure() {
    const EDOM: c_int = 1;
    for api in gsl() {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let told = seen.clone();
        let handler = move |reason: *const c_char, _: *const c_char, _: c_int, errno: c_int| {
            // SAFETY: GSL shows a C string.
            let reason = unsafe { CStr::from_ptr(reason) };
            told.borrow_mut()
                .push((reason.to_str().unwrap().to_owned(), errno));
        };
        let handler: Callback<ErrorHandler> = api.builder().from_fn(handler).unwrap();
        let set = api.function("gsl_set_error_handler");
        // SAFETY: the declaration is that of the manual.
        let before: *const c_void = unsafe { set.call((&handler,)) }.unwrap();
        let null = api.call("gsl_integration_workspace_alloc", &values![0usize]);
        assert_eq!(null.as_pointer(), Some(std::ptr::null_mut()));
        // SAFETY: as above.
        let ours: *const c_void = unsafe { set.call((before,)) }.unwrap();
        assert_eq!(ours, handler.as_ptr());
        let (reason, errno) = seen.take().pop().unwrap();
        assert!(reason.contains("positive integer"), "{reason}");
        assert_eq!(errno, EDOM);
    }
}
