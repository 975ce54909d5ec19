#define _GNU_SOURCE
#include "CVaultTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

int cvault_test_user_keys(int32_t *keys, int capacity) {
    if (syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING) != 0) return -1;
    long length = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, keys, (size_t)capacity * sizeof *keys);
    if (length < 0) return -1;
    int count = (int)(length / (long)sizeof *keys);
    return count < capacity ? count : capacity;
}
