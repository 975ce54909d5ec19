#define _GNU_SOURCE
#include "CVaultLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static int lock_byte(int descriptor, int command, short type, uint64_t offset, struct flock *answer) {
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1 };
    int before = errno, result;
    do {
        result = fcntl(descriptor, command, &lock) == 0 ? 0 : errno;
    } while (result == EINTR);
    errno = before;
    if (answer) *answer = lock;
    return result == EACCES ? EAGAIN : result;
}

int cvault_set_not_dumpable(void) {
    int before = errno;
    int result = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
    errno = before;
    return result;
}

int cvault_forget_crash_handlers(void) {
    static const int crashes[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV };
    struct sigaction found, standard = { .sa_handler = SIG_DFL };
    int before = errno, result = 0;
    for (size_t index = 0; index < sizeof crashes / sizeof crashes[0]; index++) {
        if (sigaction(crashes[index], NULL, &found) != 0) result = errno;
        // With SA_SIGINFO it is a function under another member's name.
        else if (!(found.sa_flags & SA_SIGINFO) && found.sa_handler == SIG_IGN) continue;
        else if (sigaction(crashes[index], &standard, NULL) != 0) result = errno;
    }
    errno = before;
    return result;
}

static void take_note(int signal) { (void)signal; }

int cvault_survive_file_limit(void) {
    // A handler, not SIG_IGN, which the program that `exec` starts would inherit.
    struct sigaction found, ours = { .sa_handler = take_note, .sa_flags = SA_RESTART };
    int before = errno;
    int result = sigaction(SIGXFSZ, NULL, &found) == 0 ? 0 : errno;
    if (result == 0 && found.sa_handler == SIG_DFL && sigaction(SIGXFSZ, &ours, NULL) != 0) result = errno;
    errno = before;
    return result;
}

int cvault_forbid_core_files(void) {
    int before = errno;
    struct rlimit limit;
    int result = getrlimit(RLIMIT_CORE, &limit) == 0 ? 0 : errno;
    limit.rlim_cur = 0;
    if (result == 0) result = setrlimit(RLIMIT_CORE, &limit) == 0 ? 0 : errno;
    errno = before;
    return result;
}

int cvault_raise_lock_limit(void) {
    int before = errno;
    struct rlimit limit;
    int result = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? 0 : errno;
    limit.rlim_cur = limit.rlim_max;
    if (result == 0) result = setrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? 0 : errno;
    errno = before;
    return result;
}

int cvault_pipe(int *reading_end, int *writing_end) {
    int before = errno, ends[2];
    int result = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
    errno = before;
    if (result == 0) {
        *reading_end = ends[0];
        *writing_end = ends[1];
    }
    return result;
}

int cvault_ofd_lock_byte(int descriptor, uint64_t offset) {
    return lock_byte(descriptor, F_OFD_SETLK, F_WRLCK, offset, 0);
}

int cvault_ofd_unlock_byte(int descriptor, uint64_t offset) {
    return lock_byte(descriptor, F_OFD_SETLK, F_UNLCK, offset, 0);
}

int cvault_posix_lock_byte(int descriptor, uint64_t offset) {
    return lock_byte(descriptor, F_SETLK, F_WRLCK, offset, 0);
}

int cvault_posix_lock_holder(int descriptor, uint64_t offset, int32_t *holder) {
    struct flock found;
    int result = lock_byte(descriptor, F_GETLK, F_WRLCK, offset, &found);
    *holder = result == 0 && found.l_type != F_UNLCK ? found.l_pid : 0;
    return result;
}

int cvault_posix_unlock_byte(int descriptor, uint64_t offset) {
    return lock_byte(descriptor, F_SETLK, F_UNLCK, offset, 0);
}

int cvault_open_directory(int directory, const char *name, int follows_link, int *descriptor) {
    int before = errno, result;
    do {
        *descriptor = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (follows_link ? 0 : O_NOFOLLOW));
        result = *descriptor >= 0 ? 0 : errno;
    } while (result == EINTR);
    errno = before;
    return result;
}

int cvault_rename_to_new(int directory, const char *from, const char *to) {
    int before = errno;
    int result = renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (result == EINVAL || result == ENOSYS) {
        result = linkat(directory, from, directory, to, 0) == 0 ? 0 : errno;
        if (result == 0) unlinkat(directory, from, 0);
    }
    errno = before;
    return result;
}

int cvault_file_system(const char *path, uint32_t *number) {
    int before = errno;
    struct statfs found;
    int result = statfs(path, &found) == 0 ? 0 : errno;
    if (result == 0) *number = (uint32_t)found.f_type;
    errno = before;
    return result;
}

int cvault_is_read_only_mount(int descriptor) {
    int before = errno;
    struct statfs found;
    int is = fstatfs(descriptor, &found) == 0 && (found.f_flags & ST_RDONLY) && found.f_type != FUSE_SUPER_MAGIC;
    errno = before;
    return is;
}

int cvault_is_in_memory(int descriptor) {
    int before = errno;
    struct statfs found;
    int is = fstatfs(descriptor, &found) == 0 &&
             ((uint32_t)found.f_type == TMPFS_MAGIC || (uint32_t)found.f_type == RAMFS_MAGIC);
    errno = before;
    return is;
}

int cvault_lock_limit(uint64_t *limit) {
    int before = errno;
    struct rlimit found;
    int result = getrlimit(RLIMIT_MEMLOCK, &found) == 0 ? 0 : errno;
    if (result == 0) *limit = found.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)found.rlim_cur;
    errno = before;
    return result;
}

int cvault_processor(void) {
    int before = errno, processor = sched_getcpu();
    errno = before;
    return processor;
}

void cvault_wipe_variables(const char *name) {
    size_t length = strlen(name);
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=') continue;
        char *value = *entry + length + 1;
        explicit_bzero(value, strlen(value));
    }
}
