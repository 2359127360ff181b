/* Each record of odd_records.h as argument and result, to and from Rust. */
#include <stdint.h>

#ifdef __x86_64__
#define WINDOWS __attribute__((ms_abi))
#else
#define WINDOWS
#endif

#define FUNCTIONS(prefix, convention, name, x, y, z)                                               \
    convention double prefix##weigh_##name(int before, name r, double after)                       \
    {                                                                                              \
        return before + 2 * (double)r.x + 3 * (double)r.y + 5 * (double)r.z + after;               \
    }                                                                                              \
    convention name prefix##change_##name(int before, name r, double after)                        \
    {                                                                                              \
        r.x = !r.x, r.y = r.y + before, r.z = r.z + (int)after;                                    \
        return r;                                                                                  \
    }                                                                                              \
    convention name prefix##twice_##name(convention name (*f)(name, double), name r)               \
    {                                                                                              \
        return f(f(r, 1.5), 1.5);                                                                  \
    }

#define X(name, definition, x, y, z)                                                               \
    typedef definition name;                                                                       \
    FUNCTIONS(, , name, x, y, z)                                                                   \
    FUNCTIONS(win64_, WINDOWS, name, x, y, z)
#include "odd_records.h"

/* Records without bytes. */
typedef struct {} none;
none nothing(int *seen, none a) { *seen = 1; return a; }
double between(none a, int x, none b, double y, none c) { (void)a, (void)b, (void)c; return x + y; }
WINDOWS double win64_between(none a, int x, none b, double y, none c)
{
    (void)a, (void)b, (void)c;
    return x + y;
}
int through(int (*f)(none, int, none), int x) { none a = {}; return f(a, x, a); }
