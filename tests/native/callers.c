/* Functions that call what they are given, as often as the benchmark of callbacks says. A sum of
   the results would cost more than the calls. */
#include <stdint.h>

struct point { double x, y; };

double repeat_add2(int (*f)(int, int), int64_t times)
{
    double last = 0;
    for (int64_t i = 0; i < times; i++) last = f((int)i, 2);
    return last;
}

/* Each call waits for the result of the one before. */
double chain_add2(int (*f)(int, int), int64_t times)
{
    int last = 0;
    for (int64_t i = 0; i < times; i++) last = f(last, 2);
    return last;
}

double repeat_fadd2(double (*f)(double, double), int64_t times)
{
    double last = 0;
    for (int64_t i = 0; i < times; i++) last = f((double)i, 2);
    return last;
}

double repeat_iadd8(int (*f)(int, int, int, int, int, int, int, int), int64_t times)
{
    double last = 0;
    for (int64_t i = 0; i < times; i++) last = f((int)i, 2, 3, 4, 5, 6, 7, 8);
    return last;
}

double repeat_mixed10(double (*f)(int, double, int64_t, float, const void *, uint8_t, double, short,
                                  uint64_t, float),
                      int64_t times)
{
    double last = 0;
    for (int64_t i = 0; i < times; i++) last = f((int)i, 2, 3, 4, &i, 6, 7, 8, 9, 10);
    return last;
}

double repeat_length2(double (*f)(struct point), int64_t times)
{
    double last = 0;
    for (int64_t i = 0; i < times; i++) last = f((struct point){(double)i, 2});
    return last;
}

/* What they are given at the least. */
int add2(int a, int b) { return a + b; }
double fadd2(double a, double b) { return a + b; }
int iadd8(int a, int b, int c, int d, int e, int f, int g, int h)
{
    return a + b + c + d + e + f + g + h;
}
double mixed10(int a, double b, int64_t c, float d, const void *e, uint8_t f, double g, short h,
               uint64_t i, float j)
{
    return a + b + c + d + (e != 0) + f + g + h + i + j;
}
double length2(struct point p) { return p.x + p.y; }

/* The comparison of `qsort`. */
int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* A call on the way to another one. */
int apply2(int (*f)(int, int), int a, int b) { return f(a, b); }
