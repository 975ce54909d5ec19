// Memory for secrets that the kernel doesn't give: neither memfd_secret(2), as before Linux 5.14, nor, with too many
// mappings of a process, libsodium's mmap(2).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

// What libc maps for itself, stacks and large blocks, doesn't come here; nor is what we ask for so small.
void *mmap(void *place, size_t size, int protection, int flags, int file, off_t offset) {
    static void *(*next)(void *, size_t, int, int, int, off_t);
    if (!next) next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    if (file == -1 && protection == (PROT_READ | PROT_WRITE) && size < 1 << 20) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return next(place, size, protection, flags, file, offset);
}

long syscall(long number, ...) {
    static long (*next)(long, ...);
    if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    if (number == 447) {
        errno = ENOSYS;
        return -1;
    }
    va_list list;
    va_start(list, number);
    long values[6];
    for (int index = 0; index < 6; index++) values[index] = va_arg(list, long);
    va_end(list);
    return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}
