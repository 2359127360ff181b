// C++ exceptions, thrown and caught.
#include <cstdarg>
#include <cstdint>

namespace {
struct Thrown {
    std::int64_t value;
};

thread_local int destroyed;

struct Guard {
    ~Guard() { destroyed++; }
};
} // namespace

extern "C" {
struct point { double x, y; };
struct large { std::int64_t a[6]; };

// How many guards were destroyed on this thread.
int throwing_destroyed() { return destroyed; }

// The value of what f(argument) throws; -1 if it returns, -2 for what is no exception of ours.
std::int64_t throwing_catch(void (*f)(void *), void *argument)
{
    try {
        Guard guard;
        f(argument);
        return -1;
    } catch (const Thrown &thrown) {
        return thrown.value;
    } catch (...) {
        return -2;
    }
}

// Calls f, then throws the value; returns 42 for the value 0.
std::int64_t throw_after(void (*f)(), std::int64_t value)
{
    Guard guard;
    f();
    if (value)
        throw Thrown{value};
    return 42;
}

std::int64_t throw_few(std::int64_t a, double b)
{
    Guard guard;
    throw Thrown{a + 10 * (std::int64_t)b};
}

std::int64_t throw_stack(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d,
                         std::int64_t e, std::int64_t f, std::int64_t g, std::int64_t h)
{
    Guard guard;
    throw Thrown{a + b + c + d + e + f + 10 * g + 100 * h};
}

large throw_large(large a, double b)
{
    Guard guard;
    throw Thrown{a.a[0] + 10 * a.a[5] + 100 * (std::int64_t)b};
}

point throw_pair(point a, large b)
{
    Guard guard;
    throw Thrown{(std::int64_t)a.x + 10 * (std::int64_t)a.y + 100 * b.a[5]};
}

std::int64_t throw_extra(std::int64_t a, ...)
{
    Guard guard;
    va_list extra;
    va_start(extra, a);
    double b = va_arg(extra, double);
    va_end(extra);
    throw Thrown{a + 10 * (std::int64_t)b};
}

#if defined(__x86_64__)
__attribute__((ms_abi)) std::int64_t throw_win(std::int64_t a, large b, double c, std::int64_t d,
                                               std::int64_t e)
{
    Guard guard;
    throw Thrown{a + b.a[5] + (std::int64_t)c + d + e};
}

__attribute__((ms_abi)) std::int64_t throw_shadow(std::int64_t a, double b)
{
    Guard guard;
    throw Thrown{a + 10 * (std::int64_t)b};
}
#endif
}
