/* Functions whose arguments and results are written on the command line of `examples/call`. */
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

enum color { RED, GREEN = 5, BLUE = -1 };
struct point { float x, y; };
struct shape { struct point at[2]; enum color color; char name[8]; const char *title; };
struct pixel { char tag; union { int32_t word; uint8_t bytes[4]; }; };
union either { int32_t i; float f; };

bool not(bool b) { return !b; }
enum color next(enum color c) { return c == RED ? GREEN : c == GREEN ? BLUE : (enum color)7; }
float half(float x) { return x / 2; }
double third(double x) { return x / 3; }
uint64_t widest(uint64_t x) { return x; }
int8_t narrow(int8_t x) { return x; }
char plain(char c) { return c; }
void nothing(void) {}
int sum(const uint8_t *bytes, size_t n)
{
    int total = 0;
    while (n--) total += *bytes++;
    return total;
}
float area(struct shape s) { return (s.at[1].x - s.at[0].x) * (s.at[1].y - s.at[0].y); }
struct shape copy(struct shape s) { return s; }
struct pixel swap(struct pixel p)
{
    uint8_t first = p.bytes[0];
    p.bytes[0] = p.bytes[3];
    p.bytes[3] = first;
    return p;
}
union either flip(union either e) { e.i ^= 1; return e; }
const char *odd(void) { return "\"\\\n\001\xff\xc3\xa9"; }
char *upper(char *text)
{
    for (char *c = text; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c -= 32;
    return text;
}
const void *same(const void *p) { return p; }
