/* Functions of the shapes that the benchmarks and the call tests use. */
#include <stdint.h>

struct point { double x, y; };
struct six { double a, b, c, d, e, f; };

void nothing(void) {}
int add2(int a, int b) { return a + b; }
double fadd2(double a, double b) { return a + b; }
int64_t add8(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h)
{
    return a + b + c + d + e + f + g + h;
}
double mixed10(int a, double b, int64_t c, float d, const void *e, uint8_t f, double g, short h,
               uint64_t i, float j)
{
    return a + b + c + d + (e != 0) + f + g + h + i + j;
}
int64_t add26(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g,
              int64_t h, int64_t i, int64_t j, int64_t k, int64_t l, int64_t m, int64_t n,
              int64_t o, int64_t p, int64_t q, int64_t r, int64_t s, int64_t t, int64_t u,
              int64_t v, int64_t w, int64_t x, int64_t y, int64_t z)
{
    return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u + v +
           w + x + y + z;
}
double length2(struct point p) { return p.x + p.y; }
double sum6(struct six s) { return s.a + s.b + s.c + s.d + s.e + s.f; }
struct point mirror(struct point p)
{
    struct point q = {p.y, p.x};
    return q;
}
