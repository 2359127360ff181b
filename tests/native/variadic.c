/* Functions that are declared with `...`, and what the compiler's own calls of snprintf print. */
#if !defined(_MSC_VER) /* which lacks the builtins, and reads the macros in another way */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* X(format, arguments): each is a call that the tests repeat. */
#define ROWS(X) \
    X("%d %i %5d %-5d| %05d %+d % d %.3d", -42, 42, 7, 7, -7, 7, 7, 7) \
    X("%u %o %x %X %#o %#x %#X", 4000000000u, 8u, 255u, 255u, 8u, 255u, 0u) \
    X("%hd %hu %hhd %hhu", (short)-3, (unsigned short)65535, (signed char)-128, \
      (unsigned char)200) \
    X("%ld %lu %lld %llu %lx", -2000000000L, 4000000000UL, -9000000000000000000LL, \
      18000000000000000000ULL, 0x12345678L) \
    X("%zu %zx %jd %ju %td", (size_t)1 << 40, (size_t)77, (intmax_t)-1, UINTMAX_MAX, \
      (ptrdiff_t)-9) \
    X("%c%c %5c|%-5c|%%", 'a', 66, 'c', 'd') \
    X("%s %10s %-10s| %.3s %*s %-*s| %.*s", "one", "two", "three", "shortened", 6, "six", 5, \
      "five", 2, "cut") \
    X("%p %p %20p", (void *)0x1234, (void *)0, (void *)0xabcdef) \
    X("%f %.0f %.10f %+f %08.3f %-12.4f| % f %#.0f", 1.5, 2.5, 1.0 / 3, 4.0, -5.5, 6.25, 7.0, \
      8.0) \
    X("%e %E %.2e %g %G %.10g %#g %a %A %.3a", 12345.678, 1e-9, 0.0, 1e20, 1e-20, 1.0 / 3, 2.0, \
      -0.1, 1e300, 1.0) \
    X("%f %f %F %e", INFINITY, -INFINITY, NAN, 5e-324) \
    X("%.2f %g", 1.25f, -0.5f) \
    X("%*d %-*d| %.*f %*.*f %.*s", 5, 1, 5, 2, 3, 3.25, 9, 2, 2.625, -1, "all") \
    X("%2$s %1$d %3$.1f", 1, "swapped", 2.5) \
    X("%d %f %d %f %d %f %d %f %d %f %d %f %d %f %d %f %d %f %d %f", 1, 1.5, 2, 2.5, 3, 3.5, 4, \
      4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5) \
    X("%s%n", "counted", &counted) \
    X("nothing")

static int counted;

#define FIRST(format, ...) format,
#define FORMAT(...) FIRST(__VA_ARGS__, 0)
const char *variadic_formats[] = {ROWS(FORMAT) NULL};

/* What the compiler's call prints for a row. */
int variadic_reference(int row, char *to, size_t size)
{
    int here = 0;
#define PRINT(...) if (row == here++) return snprintf(to, size, __VA_ARGS__);
    ROWS(PRINT)
    return -1;
}

struct narrow { short a; signed char b; };
struct pair { float x, y; };
struct mixed { double d; long long n; };
struct large { long long a, b, c; };
union either { double d; long long n; };

/* Prints the arguments by the letters of their types. */
#define DESCRIBE(list, start, end) \
    int used = 0; \
    list ap; \
    start(ap, kinds); \
    for (; *kinds; kinds++) { \
        char *at = to + used; \
        size_t left = size - (size_t)used; \
        switch (*kinds) { \
        case 'i': used += snprintf(at, left, "%d ", __builtin_va_arg(ap, int)); break; \
        case 'u': used += snprintf(at, left, "%u ", __builtin_va_arg(ap, unsigned)); break; \
        case 'l': used += snprintf(at, left, "%lld ", __builtin_va_arg(ap, long long)); break; \
        case 'd': used += snprintf(at, left, "%.17g ", __builtin_va_arg(ap, double)); break; \
        case 's': used += snprintf(at, left, "%s ", __builtin_va_arg(ap, char *)); break; \
        case 'z': used += snprintf(at, left, "%d ", __builtin_va_arg(ap, void *) == 0); break; \
        case 'N': { \
            struct narrow n = __builtin_va_arg(ap, struct narrow); \
            used += snprintf(at, left, "{%d %d} ", n.a, n.b); break; \
        } \
        case 'P': { \
            struct pair p = __builtin_va_arg(ap, struct pair); \
            used += snprintf(at, left, "{%g %g} ", p.x, p.y); break; \
        } \
        case 'M': { \
            struct mixed m = STRUCT(ap, struct mixed); \
            used += snprintf(at, left, "{%g %lld} ", m.d, m.n); break; \
        } \
        case 'L': { \
            struct large l = STRUCT(ap, struct large); \
            used += snprintf(at, left, "{%lld %lld %lld} ", l.a, l.b, l.c); break; \
        } \
        case 'E': { \
            union either e = __builtin_va_arg(ap, union either); \
            used += snprintf(at, left, "{%lld} ", e.n); break; \
        } \
        } \
    } \
    end(ap); \
    return used

#define STRUCT(list, type) __builtin_va_arg(list, type)

int variadic_describe(char *to, size_t size, const char *kinds, ...)
{
    DESCRIBE(__builtin_va_list, __builtin_va_start, __builtin_va_end);
}

#if defined(__x86_64__) && !defined(_MSC_VER)
/* gcc reads structs that are passed by reference as if they lay in the list. */
#if !defined(__clang__)
#undef STRUCT
#define STRUCT(list, type) (*__builtin_va_arg(list, type *))
#endif
__attribute__((ms_abi)) int variadic_describe_win(char *to, size_t size, const char *kinds, ...)
{
    DESCRIBE(__builtin_ms_va_list, __builtin_ms_va_start, __builtin_ms_va_end);
}
#endif

/* The sum of as many ints, in each way of returning. */
static long long sum(int count, va_list ap)
{
    long long sum = 0;
    while (count-- > 0)
        sum += va_arg(ap, int);
    return sum;
}
#define SUM(type, name, ...) \
    type name(int count, ...) \
    { \
        va_list ap; \
        va_start(ap, count); \
        long long s = sum(count, ap); \
        va_end(ap); \
        __VA_ARGS__; \
    }
SUM(int, variadic_sum, return (int)s)
SUM(signed char, variadic_sum_i8, return (signed char)s)
SUM(double, variadic_sum_f64, return (double)s)
SUM(float, variadic_sum_f32, return (float)s)
SUM(void *, variadic_sum_pointer, return (void *)(intptr_t)s)
SUM(struct narrow, variadic_sum_narrow, struct narrow n = {(short)s, -1}; return n)
SUM(struct mixed, variadic_sum_mixed, struct mixed m = {(double)s, -1}; return m)
SUM(struct large, variadic_sum_large, struct large l = {s, -1, s}; return l)
SUM(int, variadic_fail, errno = (int)s; return -1)

static int variadic_seen;
SUM(void, variadic_store, variadic_seen = (int)s)
int variadic_stored(void) { return variadic_seen; }
int variadic_read(const int *number, ...) { return *number; }
#else
int variadic_stored(void) { return 0; }
#endif
