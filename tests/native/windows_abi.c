/* Functions of the Windows x64 convention, on any x86-64 system. */
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define WIN __attribute__((ms_abi))

struct one { int8_t a; };
struct two { uint8_t a; int8_t b; };
struct three { uint8_t a, b, c; };
struct four { int16_t a; uint16_t b; };
struct eight { float a; int32_t b; };
struct sixteen { double a; int64_t b; };
struct twenty_four { int64_t a; double b; int32_t c; };

WIN int32_t win_nothing(void) { return 7; }
WIN int64_t win_scalars(int8_t a, uint16_t b, int32_t c, int64_t d)
{
    return a + 10 * (int64_t)b + 100 * (int64_t)c + 1000 * d;
}
WIN int8_t win_narrow(int8_t a, uint8_t b) { return (int8_t)(a - b); }
WIN float win_float(float a) { return a * 2; }
/* The fifth and later arguments are on the stack, by position whatever their type. */
WIN double win_mixed(int32_t a, double b, float c, int64_t d, double e, uint8_t f, float g,
                     const char *h, int16_t i)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h[0] + 9 * i;
}
WIN int32_t win_small(struct one a, struct two b, struct four c, struct eight d)
{
    return a.a + 10 * b.a + 100 * b.b + 1000 * c.a + 10000 * c.b + (int32_t)(d.a * 2) + d.b;
}
/* By reference; what a function does to its copies does not reach the caller. */
WIN double win_references(struct three a, struct sixteen b, int32_t c, struct twenty_four d,
                          struct sixteen e, struct three f)
{
    double sum = a.a + 2 * a.b + 3 * a.c + 4 * b.a + 5 * (double)b.b + 6 * c + 7 * (double)d.a +
                 8 * d.b + 9 * d.c + 10 * e.a + 11 * (double)e.b + 12 * f.c;
    a.a = b.a = b.b = d.a = d.b = d.c = e.a = e.b = f.c = 0;
    return sum + a.a + b.a + d.a + e.b + f.c;
}
WIN struct one win_one(int8_t a) { return (struct one){a}; }
WIN struct two win_two(uint8_t a, int8_t b) { return (struct two){a, b}; }
WIN struct three win_three(uint8_t a, uint8_t b, uint8_t c) { return (struct three){a, b, c}; }
WIN struct four win_four(int16_t a, uint16_t b) { return (struct four){a, b}; }
WIN struct eight win_eight(float a, int32_t b) { return (struct eight){a, b}; }
WIN struct sixteen win_sixteen(double a, int64_t b) { return (struct sixteen){a, b}; }
/* With the hidden pointer the fourth argument is on the stack. */
WIN struct twenty_four win_twenty_four(int64_t a, double b, int32_t c, float d)
{
    return (struct twenty_four){a, b * d, c};
}
/* Uses its shadow space, and registers that the other convention does not save. */
WIN int64_t win_calls(WIN int64_t (*f)(int64_t, int64_t, int64_t, int64_t, int64_t), int64_t a)
{
    return f(a, 2, 3, 4, 5) + a;
}
WIN int64_t win_weights(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e)
{
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e;
}
WIN void win_store(int32_t *to, int32_t value) { *to = value; }
#endif
