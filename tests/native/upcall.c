/* Calls of callbacks in both conventions of x86-64, on any system. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && !defined(_MSC_VER)

/* The lowest bits of a value below junk. */
static int64_t dirty(int bits, uint64_t value)
{
    return (int64_t)(0xa5c3965a69f00ff1u << bits | (value & ~0ull >> (64 - bits)));
}

/* A float in the lower half of a register, junk in the upper half. */
static double dirty_float(float value)
{
    uint32_t halves[2] = {0, 0x7ff5a5a5};
    double whole;
    memcpy(&halves[0], &value, 4);
    memcpy(&whole, halves, 8);
    return whole;
}

static void count_up(uint8_t *bytes, size_t size, uint8_t first)
{
    for (size_t index = 0; index < size; index++)
        bytes[index] = (uint8_t)(first + index);
}

#define EACH_SIZE(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) \
    X(24) X(5000)
#define BYTES(size) struct bytes##size { uint8_t at[size]; };
EACH_SIZE(BYTES)

struct int_double { int32_t a; double b; };
struct float1 { float x; };
struct float2 { float x, y; };
struct float3 { float x, y, z; };
struct float4 { float x, y, z, w; };
struct int_char { int64_t a; int8_t b; };
struct ints { int64_t a, b; };
struct doubles { double a, b; };
struct int_then { int64_t a; double b; };
struct double_then { double a; int64_t b; };
struct aligned16 { _Alignas(16) int64_t a; int64_t b; };
struct aligned32 { _Alignas(32) double a[3]; };

#define FOUR(x) x, x, x, x
#define SIXTEEN(x) FOUR(x), FOUR(x), FOUR(x), FOUR(x)

#define ABI __attribute__((sysv_abi))
#define NAME(name) sysv_##name
#include "upcall.h"
#undef ABI
#undef NAME

#define ABI __attribute__((ms_abi))
#define NAME(name) win64_##name
#include "upcall.h"

#endif
