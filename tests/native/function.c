/* Functions of every type, which count how often they are called. */
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int calls;

#define SCALAR(name, type, least, most)                                                            \
    type same_##name(type x) { calls++; return x; }                                                \
    type add_##name(type a, type b) { calls++; return (type)(a + b); }                             \
    type least_##name(void) { calls++; return least; }                                             \
    type most_##name(void) { calls++; return most; }                                               \
    type last_##name(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, double g,   \
                     double h, double i, double j, double k, double l, double m, double n,         \
                     type x)                                                                       \
    {                                                                                              \
        calls++;                                                                                   \
        (void)a; (void)b; (void)c; (void)d; (void)e; (void)f; (void)g; (void)h;                    \
        (void)i; (void)j; (void)k; (void)l; (void)m; (void)n;                                      \
        return x;                                                                                  \
    }

SCALAR(bool, bool, false, true)
SCALAR(char, char, CHAR_MIN, CHAR_MAX)
SCALAR(i8, int8_t, INT8_MIN, INT8_MAX)
SCALAR(u8, uint8_t, 0, UINT8_MAX)
SCALAR(i16, int16_t, INT16_MIN, INT16_MAX)
SCALAR(u16, uint16_t, 0, UINT16_MAX)
SCALAR(i32, int32_t, INT32_MIN, INT32_MAX)
SCALAR(u32, uint32_t, 0, UINT32_MAX)
SCALAR(i64, int64_t, INT64_MIN, INT64_MAX)
SCALAR(u64, uint64_t, 0, UINT64_MAX)
SCALAR(isize, ptrdiff_t, PTRDIFF_MIN, PTRDIFF_MAX)
SCALAR(usize, size_t, 0, SIZE_MAX)
SCALAR(f32, float, -FLT_MAX, FLT_MAX)
SCALAR(f64, double, -DBL_MAX, DBL_MAX)

/* Arguments that arrive truncated or extended by the callee's own rules. */
uint32_t cast_u8_u32(uint8_t x) { return x; }
uint8_t cast_u32_u8(uint32_t x) { return (uint8_t)x; }
int64_t widen_i8(int8_t x) { return x; }

uint16_t add_many_u16(uint16_t a, uint16_t b, uint16_t c, uint16_t d, uint16_t e, uint16_t f,
                      uint16_t g, uint16_t h, uint16_t i, uint16_t j, uint16_t k, uint16_t l,
                      uint16_t m)
{
    return a + b + c + d + e + f + g + h + i + j + k + l + m;
}

/* The place of each argument is told from its weight. */
double weigh19(uint8_t a, uint16_t b, uint32_t c, uint64_t d, double e, float f, int64_t g,
               int32_t h, int16_t i, int8_t j, ptrdiff_t k, size_t l, double m, float n, double o,
               float p, double q, float r, double s)
{
    return a + 2.0 * b + 3.0 * c + 4.0 * (double)d + 5.0 * e + 6.0 * f + 7.0 * (double)g + 8.0 * h +
           9.0 * i + 10.0 * j + 11.0 * (double)k + 12.0 * (double)l + 13.0 * m + 14.0 * n +
           15.0 * o + 16.0 * p + 17.0 * q + 18.0 * r + 19.0 * s;
}
double weigh26(signed char a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g,
               uint64_t h, float i, double j, signed char k, uint8_t l, int16_t m, uint16_t n, int32_t o,
               uint32_t p, int64_t q, uint64_t r, float s, double t, bool u, const void *v, int w,
               int x, int y, int z)
{
    return a + 2.0 * b + 3.0 * c + 4.0 * d + 5.0 * e + 6.0 * f + 7.0 * (double)g +
           8.0 * (double)h + 9.0 * i + 10.0 * j + 11.0 * k + 12.0 * l + 13.0 * m + 14.0 * n +
           15.0 * o + 16.0 * p + 17.0 * (double)q + 18.0 * (double)r + 19.0 * s + 20.0 * t +
           21.0 * u + 22.0 * (v != 0) + 23.0 * w + 24.0 * x + 25.0 * y + 26.0 * z;
}

int sum0(void) { return 7; }
int sum1(int a) { return a; }
int sum2(int a, int b) { return a + 2 * b; }
int sum3(int a, int b, int c) { return sum2(a, b) + 3 * c; }
int sum4(int a, int b, int c, int d) { return sum3(a, b, c) + 4 * d; }
int sum5(int a, int b, int c, int d, int e) { return sum4(a, b, c, d) + 5 * e; }
int sum6(int a, int b, int c, int d, int e, int f) { return sum5(a, b, c, d, e) + 6 * f; }
int sum7(int a, int b, int c, int d, int e, int f, int g) { return sum6(a, b, c, d, e, f) + 7 * g; }
int sum8(int a, int b, int c, int d, int e, int f, int g, int h)
{
    return sum7(a, b, c, d, e, f, g) + 8 * h;
}
int sum9(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
    return sum8(a, b, c, d, e, f, g, h) + 9 * i;
}
int sum10(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j)
{
    return sum9(a, b, c, d, e, f, g, h, i) + 10 * j;
}
int sum11(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k)
{
    return sum10(a, b, c, d, e, f, g, h, i, j) + 11 * k;
}
int sum12(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l)
{
    return sum11(a, b, c, d, e, f, g, h, i, j, k) + 12 * l;
}
int sum13(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m)
{
    return sum12(a, b, c, d, e, f, g, h, i, j, k, l) + 13 * m;
}
int sum14(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m,
          int n)
{
    return sum13(a, b, c, d, e, f, g, h, i, j, k, l, m) + 14 * n;
}
int sum15(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m,
          int n, int o)
{
    return sum14(a, b, c, d, e, f, g, h, i, j, k, l, m, n) + 15 * o;
}
int sum16(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m,
          int n, int o, int p)
{
    return sum15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o) + 16 * p;
}

/* Pointers. */
const void *same_pointer(const void *p) { calls++; return p; }
bool is_null(const void *p) { return p == 0; }
size_t text_length(const char *text) { return text ? strlen(text) : SIZE_MAX; }
const char *greeting(void) { return "hello"; }
const char *nothing_to_say(void) { return 0; }
uint32_t hash(const uint8_t *bytes, uint32_t len)
{
    uint32_t hash = 0;
    for (uint32_t i = 0; i < len; i++)
        hash = (hash * 1000003) ^ bytes[i];
    return hash;
}
void fill(uint8_t value, uint8_t *out, size_t len) { memset(out, value, len); }
int read_int(const int *p) { calls++; return p ? *p : -1; }
int apply(int (*f)(int), int x) { return f ? f(x) : -1; }
static int twice(int x) { return 2 * x; }
int (*get_twice(void))(int) { return twice; }

/* Enumerations. */
enum color { RED, GREEN, BLUE };
enum side { LEFT = -1, MIDDLE, RIGHT };
enum color next_color(enum color c) { return c == BLUE ? RED : (enum color)(c + 1); }
enum side other_side(enum side s) { return (enum side)-s; }

/* Records by value: each comes back with every part changed. */
struct r3 { uint8_t b[3]; };
struct r8 { int a, b; };
struct r12 { int a; float b; int c; };
struct r16 { double a; int64_t b; };
struct r24 { int64_t a, b, c; };
struct r48 { double d[6]; };
struct r4096 { uint8_t b[4096]; };
struct rect { double x, y, w, h; };
struct mixed { uint8_t u; float f; struct rect rect; size_t usize; uint32_t array[2]; };
struct flag { bool set; uint8_t n; };
union number { int32_t i; float f; uint8_t b[4]; };
union __attribute__((aligned(16))) wide { int32_t i; uint32_t u; };

struct r3 turn_r3(struct r3 r)
{
    struct r3 s = {{r.b[2], r.b[0], r.b[1]}};
    calls++;
    return s;
}
struct r8 turn_r8(struct r8 r) { struct r8 s = {r.b, -r.a}; calls++; return s; }
struct r12 turn_r12(struct r12 r) { struct r12 s = {r.c, -r.b, r.a}; calls++; return s; }
struct r16 turn_r16(struct r16 r) { struct r16 s = {-r.a, -r.b}; calls++; return s; }
struct r24 turn_r24(struct r24 r) { struct r24 s = {r.b, r.c, r.a}; calls++; return s; }
struct r48 turn_r48(struct r48 r)
{
    for (int i = 0; i < 6; i++)
        r.d[i] = -r.d[i];
    calls++;
    return r;
}
struct r4096 turn_r4096(struct r4096 r)
{
    for (int i = 0; i < 4096; i++)
        r.b[i] ^= 0xff;
    calls++;
    return r;
}
struct mixed create_mixed(uint8_t u, float f, struct rect rect, size_t usize, const uint32_t *array)
{
    struct mixed m = {u, f, rect, usize, {array[0], array[1]}};
    return m;
}
double sum_mixed(struct mixed m, double more)
{
    return m.u + m.f + m.rect.x + m.rect.y + m.rect.w + m.rect.h + (double)m.usize + m.array[0] +
           m.array[1] + more;
}
bool is_set(struct flag flag) { return flag.set && flag.n == 1; }
struct flag make_flag(bool set) { struct flag f = {set, 1}; return f; }
union number flip(union number n) { n.i = ~n.i; return n; }
double wide_and_double(union wide w, double d) { return w.i + 100 * d; }
int last_r4096(int before, struct r4096 r, int after) { return before + r.b[4095] + after; }

int fail_with(int code) { errno = code; return -1; }
int errno_before(void) { return errno; }
int fail17(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l,
           int m, int n, int o, int p, int code)
{
    errno = code;
    return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p;
}

#if defined(__x86_64__) && !defined(_MSC_VER)
__attribute__((ms_abi)) double weigh_win(int a, double b, struct rect c, int64_t d, float e)
{
    return a + 2 * b + 3 * c.x + 4 * c.h + 5.0 * (double)d + 6.0 * e;
}
__attribute__((ms_abi)) struct r8 turn_win(struct r8 r) { struct r8 s = {r.b, -r.a}; return s; }
__attribute__((ms_abi)) struct r24 turn_win24(struct r24 r)
{
    struct r24 s = {r.b, r.c, r.a};
    errno = 7;
    return s;
}
__attribute__((ms_abi)) int8_t win_i8(int8_t x) { return x; }
#endif

/* Variables. */
bool v_bool = true;
int8_t v_i8 = -8;
uint8_t v_u8 = 200;
int16_t v_i16 = -1600;
uint16_t v_u16 = 60000;
int32_t v_i32 = -32;
uint32_t v_u32 = 42;
int64_t v_i64 = -1242464576485;
uint64_t v_u64 = UINT64_MAX;
float v_f32 = 1.5f;
double v_f64 = -0.0;
const char *v_text = "text";
enum color v_color = GREEN;
int v_array[4] = {1, 2, 3, 4};
struct rect v_rect = {1, 2, 3, 4};
struct r8 v_pairs[2][2] = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
union number v_union = {-1};
struct { char before; char packed[8]; } v_bytes = {'x', {1, 2, 3, 4, 5, 6, 7, 8}};
