#define _GNU_SOURCE
#include "CVaultTestSupport.h"

#include <alloca.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <sys/vfs.h>
#include <unistd.h>

int cvault_test_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

int cvault_test_open_terminal(int *master, char *name, size_t capacity) {
    int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int result = grantpt(descriptor) != 0 || unlockpt(descriptor) != 0 ? errno : ptsname_r(descriptor, name, capacity);
    if (result == 0) *master = descriptor;
    else close(descriptor);
    return result;
}

int cvault_test_spawn(const char *path, char *const *arguments, char *const *environment, const char *folder,
                      const char *terminal, const int *sources, int count, int32_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return result;
    if ((result = posix_spawnattr_init(&attributes)) != 0) goto without_attributes;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);

    if (terminal) {
        // The first terminal that a session's leader opens controls the session.
        result = posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0);
        for (int target = 1; target <= 2 && result == 0; target++)
            result = posix_spawn_file_actions_adddup2(&actions, 0, target);
    }
    for (int target = terminal ? 3 : 0; target < count && result == 0; target++)
        result = sources[target] < 0 ? posix_spawn_file_actions_addclose(&actions, target)
                                     : posix_spawn_file_actions_adddup2(&actions, sources[target], target);
    if (result == 0) result = posix_spawn_file_actions_addclosefrom_np(&actions, count);
    if (result == 0) result = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (result == 0) result = posix_spawn(process, path, &actions, &attributes, arguments, environment);

    posix_spawnattr_destroy(&attributes);
without_attributes:
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

int cvault_test_is_in_memory(const char *path) {
    struct statfs found;
    return statfs(path, &found) == 0 ? (uint32_t)found.f_type == TMPFS_MAGIC : -1;
}

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

int cvault_test_is_zero(const void *bytes, size_t count) {
    const uint8_t *first = bytes;
    return count == 0 || (first[0] == 0 && memcmp(first, first + 1, count - 1) == 0);
}

static uint32_t word(const uint8_t *bytes, uint8_t mask) {
    return (uint32_t)(bytes[0] ^ mask) | (uint32_t)(bytes[1] ^ mask) << 8 | (uint32_t)(bytes[2] ^ mask) << 16 |
           (uint32_t)(bytes[3] ^ mask) << 24;
}

static size_t slot(uint32_t word) { return word * 2654435761u >> 16; }

int cvault_test_find_run(const void *haystack, size_t count, size_t from, const uint8_t *needle, size_t needle_count,
                         uint8_t mask, size_t shortest, struct cvault_test_run *run) {
    const uint8_t *bytes = haystack;
    // The hashes of the words of the needle. Each run holds one of those at a place that is looked at.
    uint8_t known[1 << 13] = { 0 };
    for (size_t offset = 0; offset + 4 <= needle_count; offset++) {
        size_t place = slot(word(needle + offset, mask));
        known[place >> 3] |= (uint8_t)(1 << (place & 7));
    }
    for (size_t at = from; at + 4 <= count; at += shortest - 3) {
        uint32_t here = word(bytes + at, 0);
        size_t place = slot(here);
        if (!(known[place >> 3] & 1 << (place & 7))) continue;
        for (size_t offset = 0; offset + 4 <= needle_count; offset++) {
            if (word(needle + offset, mask) != here) continue;
            size_t before = 0, behind = 4;
            while (before < at - from && before < offset &&
                   bytes[at - before - 1] == (needle[offset - before - 1] ^ mask)) before++;
            while (at + behind < count && offset + behind < needle_count &&
                   bytes[at + behind] == (needle[offset + behind] ^ mask)) behind++;
            if (before + behind < shortest) continue;
            *run = (struct cvault_test_run) { at - before, offset - before, before + behind };
            return 1;
        }
    }
    return 0;
}

static atomic_int spilled;

static void count_spill(int signal) {
    (void)signal;
    atomic_fetch_add(&spilled, 1);
}

int cvault_test_spill_registers(void) {
    struct sigaction action = { .sa_handler = count_spill, .sa_flags = SA_RESTART };
    struct timespec pause = { .tv_nsec = 1000000 };
    if (sigaction(SIGRTMIN + 7, &action, NULL) != 0) return errno;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return errno;
    int signalled = 0;
    atomic_store(&spilled, 0);
    for (struct dirent *task; (task = readdir(tasks));) {
        pid_t thread = atoi(task->d_name);
        if (thread > 0 && thread != gettid() && tgkill(getpid(), thread, SIGRTMIN + 7) == 0) signalled++;
    }
    closedir(tasks);
    // Each that takes none, or ends meanwhile, costs a second and no more.
    for (int tries = 0; atomic_load(&spilled) < signalled && tries < 1000; tries++) nanosleep(&pause, NULL);
    return 0;
}

__attribute__((noinline)) void cvault_test_leave_behind(const uint8_t *masked, size_t count, uint8_t mask,
                                                        size_t depth) {
    volatile uint8_t *bytes = alloca(depth);
    for (size_t index = 0; index < count && index < depth; index++) bytes[index] = masked[index] ^ mask;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile("vmovdqu64 (%0), %%zmm0\n\tvmovdqu64 (%0), %%zmm31" : : "r"(bytes) : "memory");
    else if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vmovdqu (%0), %%ymm0\n\tvmovdqu (%0), %%ymm15" : : "r"(bytes) : "memory");
    else
        __asm__ volatile("movdqu (%0), %%xmm0\n\tmovdqu (%0), %%xmm15" : : "r"(bytes) : "memory");
#endif
}

#define KEEP(number) "vmovdqu64 %%zmm" #number ", " #number "*64(%0)\n\t"

size_t cvault_test_vector_registers(uint8_t bytes[2048]) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        __asm__ volatile(KEEP(0) KEEP(1) KEEP(2) KEEP(3) KEEP(4) KEEP(5) KEEP(6) KEEP(7) KEEP(8) KEEP(9) KEEP(10)
                         KEEP(11) KEEP(12) KEEP(13) KEEP(14) KEEP(15) KEEP(16) KEEP(17) KEEP(18) KEEP(19) KEEP(20)
                         KEEP(21) KEEP(22) KEEP(23) KEEP(24) KEEP(25) KEEP(26) KEEP(27) KEEP(28) KEEP(29) KEEP(30)
                         KEEP(31) : : "r"(bytes) : "memory");
        return 2048;
    }
    // FXSAVE's image has the 16 registers of 128 bits from its byte 160 on.
    __attribute__((aligned(16))) uint8_t image[512];
    __asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
    memcpy(bytes, image + 160, 256);
    return 256;
#else
    (void)bytes;
    return 0;
#endif
}

int cvault_test_user_keys(int32_t *keys, int capacity) {
    if (syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING) != 0) return -1;
    long length = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, keys, (size_t)capacity * sizeof *keys);
    if (length < 0) return -1;
    int count = (int)(length / (long)sizeof *keys);
    return count < capacity ? count : capacity;
}
