//! OpenBLAS.

use farcall::values;

use super::Api;

const CBLAS: &str = "
    enum CBLAS_ORDER { CblasRowMajor = 101, CblasColMajor = 102 };
    enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112, CblasConjTrans = 113 };
    double cblas_ddot(const int n, const double *x, const int incx, const double *y,
                      const int incy);
    float cblas_snrm2(const int n, const float *x, const int incx);
    size_t cblas_idamax(const int n, const double *x, const int incx);
    void cblas_dgemm(const enum CBLAS_ORDER Order, const enum CBLAS_TRANSPOSE TransA,
                     const enum CBLAS_TRANSPOSE TransB, const int M, const int N, const int K,
                     const double alpha, const double *A, const int lda, const double *B,
                     const int ldb, const double beta, double *C, const int ldc);
    char *openblas_get_config(void);
";

fn blas() -> Option<Api> {
    Api::open("openblas", "libopenblas0", CBLAS)
}

#[test]
fn vectors_are_multiplied() {
    let Some(blas) = blas() else { return };
    let (x, y) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
    for api in blas.engines() {
        let dot = api.pure("cblas_ddot", &values![4, &x[..], 1, &y[..], 1]);
        assert_eq!(dot.as_f64(), Some(70.0));
        let dot = api.pure("cblas_ddot", &values![2, &x[..], 2, &y[..], -1]);
        assert_eq!(dot.as_f64(), Some(21.0));
        let norm = api.pure("cblas_snrm2", &values![2, &[3.0f32, 4.0][..], 1]);
        assert_eq!(norm.as_f64(), Some(5.0));
        let largest = api.pure("cblas_idamax", &values![4, &[1.0, -9.0, 3.0, 2.0][..], 1]);
        assert_eq!(largest.as_u64(), Some(1));
    }
    let dot = blas.function("cblas_ddot");
    // SAFETY: the declaration is that of the manual.
    let dot: f64 = unsafe { dot.call((4, &x[..], 1, &y[..], 1)) }.unwrap();
    assert_eq!(dot, 70.0);
}

#[test]
fn matrices_are_multiplied_with_fourteen_arguments() {
    let Some(blas) = blas() else { return };
    let constant = |name| blas.declarations.constant(name).unwrap() as i64;
    let (rows, plain) = (constant("CblasRowMajor"), constant("CblasNoTrans"));
    let transposed = constant("CblasTrans");
    let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let b = [7.0, 8.0, 9.0, 10.0, 11.0, 12.0];
    for api in blas.engines() {
        let mut c = [1.0; 4];
        let (a, b) = (&a[..], &b[..]);
        let arguments = values![
            rows,
            plain,
            plain,
            2,
            2,
            3,
            1.0,
            a,
            3,
            b,
            2,
            10.0,
            &mut c[..],
            2
        ];
        api.call("cblas_dgemm", &arguments);
        assert_eq!(c, [68.0, 74.0, 149.0, 164.0]);
        let mut c = [0.0; 4];
        let arguments = values![
            rows,
            plain,
            transposed,
            2,
            2,
            3,
            0.5,
            a,
            3,
            b,
            3,
            0.0,
            &mut c[..],
            2
        ];
        api.call("cblas_dgemm", &arguments);
        assert_eq!(c, [25.0, 34.0, 61.0, 83.5]);
    }
}

#[test]
fn it_says_what_it_is() {
    let Some(blas) = blas() else { return };
    for api in blas.engines() {
        let config = api.text("openblas_get_config", &[]);
        assert!(config.starts_with("OpenBLAS"), "{config}");
    }
}
