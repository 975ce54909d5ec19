// A disk that doesn't give what was written to it: each read of a vault is EIO.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_vault(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 9) return 0;
    return memcmp(path + length - 9, "/vault.db", 9) == 0;
}

static ssize_t call(const char *name, int descriptor, void *bytes, size_t count, off_t offset) {
    if (is_vault(descriptor)) {
        errno = EIO;
        return -1;
    }
    ssize_t (*next)(int, void *, size_t, off_t) = (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, name);
    return next(descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return call("pread", descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) {
    return call("pread64", descriptor, bytes, count, offset);
}
