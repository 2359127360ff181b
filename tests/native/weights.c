/* A function for each list of nine parameters that are integers or floats: weights_011010010 takes
   an int64_t, two doubles, ... and returns the sum of its arguments, each times its position. */
#include <stdint.h>

typedef int64_t t0;
typedef double t1;

#define MAKE(a, b, c, d, e, f, g, h, i)                                                            \
    double weights_##a##b##c##d##e##f##g##h##i(t##a p1, t##b p2, t##c p3, t##d p4, t##e p5,        \
                                               t##f p6, t##g p7, t##h p8, t##i p9)                 \
    {                                                                                              \
        return (double)p1 + 2 * (double)p2 + 3 * (double)p3 + 4 * (double)p4 + 5 * (double)p5 +    \
               6 * (double)p6 + 7 * (double)p7 + 8 * (double)p8 + 9 * (double)p9;                  \
    }
#define MAKE8(...) MAKE(__VA_ARGS__, 0) MAKE(__VA_ARGS__, 1)
#define MAKE7(...) MAKE8(__VA_ARGS__, 0) MAKE8(__VA_ARGS__, 1)
#define MAKE6(...) MAKE7(__VA_ARGS__, 0) MAKE7(__VA_ARGS__, 1)
#define MAKE5(...) MAKE6(__VA_ARGS__, 0) MAKE6(__VA_ARGS__, 1)
#define MAKE4(...) MAKE5(__VA_ARGS__, 0) MAKE5(__VA_ARGS__, 1)
#define MAKE3(...) MAKE4(__VA_ARGS__, 0) MAKE4(__VA_ARGS__, 1)
#define MAKE2(...) MAKE3(__VA_ARGS__, 0) MAKE3(__VA_ARGS__, 1)
#define MAKE1(a) MAKE2(a, 0) MAKE2(a, 1)

MAKE1(0)
MAKE1(1)

struct pair { int64_t a; double b; };
struct block { int64_t a[8]; };

struct pair weights_swap(struct pair p, int32_t by)
{
    struct pair q = {(int64_t)p.b + by, (double)p.a};
    return q;
}
struct block weights_shift(struct block b, int64_t by)
{
    for (int i = 0; i < 8; i++)
        b.a[i] += by;
    return b;
}
