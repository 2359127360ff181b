/* Functions of the types that Rust has no basic type for. */
#include <complex.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#define EXPORT __attribute__((visibility("default")))

typedef float float4 __attribute__((vector_size(16)));
typedef short short4 __attribute__((vector_size(8)));

EXPORT long double wide_add(long double a, double b) { return a + b; }
EXPORT long double complex wide_conj(long double complex z) { return conjl(z); }
EXPORT float complex wide_swap_f(float complex z) { return CMPLXF(cimagf(z), crealf(z)); }
EXPORT double complex wide_swap(double complex z) { return CMPLX(cimag(z), creal(z)); }
EXPORT float4 wide_scale(float4 v, float by) { return v * by; }
EXPORT short4 wide_reverse(short4 v) { return (short4){v[3], v[2], v[1], v[0]}; }

#ifdef __SIZEOF_INT128__
/* Five integers in front leave one register: the sixth argument goes to the stack as a whole. */
EXPORT __int128 wide_rest(long a, long b, long c, long d, long e, __int128 f, long g, __int128 h) {
  return a + b + c + d + e + f * g - h;
}
EXPORT unsigned __int128 wide_shift(unsigned __int128 n, int by) { return n << by; }
#ifdef __x86_64__
EXPORT __attribute__((ms_abi)) __int128 wide_negate_ms(int a, __int128 n) { return a - n; }
EXPORT __attribute__((ms_abi)) double complex wide_swap_ms(int a, double complex z) {
  return CMPLX(cimag(z) + a, creal(z));
}
EXPORT __attribute__((ms_abi)) float complex wide_swap_f_ms(int a, float complex z) {
  return CMPLXF(cimagf(z) + a, crealf(z));
}
EXPORT __attribute__((ms_abi)) long double wide_add_ms(long double a, double b) { return a + b; }
#endif
__int128 wide_number = (__int128)1 << 100;
#endif

#ifdef FARCALL_HALF
EXPORT _Float16 wide_half(_Float16 a, float b) { return a + (_Float16)b; }
EXPORT double wide_half_sum(int count, ...) {
  va_list list;
  va_start(list, count);
  double sum = 0;
  while (count--)
    sum += (double)va_arg(list, _Float16);
  va_end(list);
  return sum;
}
#endif

long double wide_constant = 0.1L;
double complex wide_unit = 1.0 + 2.0 * I;

struct wide_record {
  char tag;
  long double number;
  float complex z;
};

EXPORT struct wide_record wide_make(char tag, long double number, float complex z) {
  struct wide_record made;
  memset(&made, 0, sizeof made);
  made.tag = tag;
  made.number = number;
  made.z = z;
  return made;
}

EXPORT long double wide_sum(int count, ...) {
  va_list list;
  va_start(list, count);
  long double sum = 0;
  while (count--) {
    sum += va_arg(list, long double);
    sum += creal(va_arg(list, double complex));
  }
  va_end(list);
  return sum;
}

EXPORT long double wide_call(long double (*f)(long double, double complex, float4),
                             long double a, double complex z, float4 v) {
  return f(a, z, v);
}

EXPORT wchar_t wide_next(wchar_t c) { return c + 1; }
