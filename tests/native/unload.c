/* Tells when it is loaded and unloaded. */
#include <unistd.h>

int farcall_pipe = -1;

__attribute__((destructor)) static void unloaded(void) {
    if (farcall_pipe >= 0 && write(farcall_pipe, "x", 1) != 1) {
        _exit(3);
    }
}
