/* On Windows, the `snprintf` that the calls in `variadic.c` are compiled to: the one of the system has
   other rules, and none of C99. */
#if defined(__MINGW32__)
#include <stdarg.h>
#include <stddef.h>

int __mingw_vsnprintf(char *to, size_t size, const char *format, va_list list);

int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = __mingw_vsnprintf(to, size, format, list);
    va_end(list);
    return length;
}
#endif
