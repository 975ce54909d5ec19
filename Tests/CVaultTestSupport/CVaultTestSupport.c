#define _GNU_SOURCE
#include "CVaultTestSupport.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int cvault_test_pidfd_open(int32_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

ptrdiff_t cvault_test_read_own_memory(uint64_t address, void *buffer, size_t count) {
    struct iovec local = { buffer, count }, remote = { (void *)(uintptr_t)address, count };
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

ptrdiff_t cvault_test_find(const void *haystack, size_t count, size_t from, const uint8_t *needle, size_t needle_count,
                           uint8_t mask) {
    const uint8_t *bytes = haystack;
    while (from + needle_count <= count) {
        const uint8_t *first = memchr(bytes + from, needle[0] ^ mask, count - needle_count + 1 - from);
        if (!first) return -1;
        size_t matched = 1;
        while (matched < needle_count && (first[matched] ^ mask) == needle[matched]) matched++;
        if (matched == needle_count) return first - bytes;
        from = (size_t)(first - bytes) + 1;
    }
    return -1;
}
