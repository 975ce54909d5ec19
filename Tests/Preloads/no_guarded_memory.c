// Memory that libsodium doesn't get, as with too many mappings of a process: mmap(2) says ENOMEM then.
#include <errno.h>
#include <stddef.h>

void *sodium_malloc(size_t size) {
    (void)size;
    errno = ENOMEM;
    return NULL;
}
