#define _GNU_SOURCE
#include "CVaultStart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "start.h"

enum { variable_limit = 32 };

static struct {
    int is_known;
    mode_t umask;
    struct rlimit core, lock;
    sigset_t blocked;
    int was_closed[3];
    char *variables[variable_limit + 1];
    size_t variable_count;
} start;

static char *const *arguments;

// glibc hands every constructor what main gets. Swift looks for the arguments below the environment instead, which
// setenv(3) in another library's constructor has moved away, and else in /proc, which may not be mounted.
__attribute__((constructor)) static void remember_arguments(int count, char **values) {
    // Since 5.18 Linux gives a program that was executed without even a name an empty one.
    arguments = count > 1 || (count == 1 && values[0][0]) ? values : NULL;
}

char *const *cvault_arguments(void) { return arguments; }

void cvault_remember_start(void) {
    start.umask = umask(077);
    umask(start.umask);
    getrlimit(RLIMIT_CORE, &start.core);
    getrlimit(RLIMIT_MEMLOCK, &start.lock);
    pthread_sigmask(SIG_SETMASK, NULL, &start.blocked);
    start.is_known = 1;
}

void cvault_set_aside_variable(const char *name) {
    size_t length = strlen(name);
    // unsetenv takes the pointer away and leaves the text; a name may stand twice.
    for (char **entry = environ; entry && *entry; entry++) {
        if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=') continue;
        if (start.variable_count < variable_limit) start.variables[start.variable_count++] = *entry;
    }
    unsetenv(name);
}

char *const *cvault_variables_set_aside(void) { return start.variables; }

void cvault_remember_closed_stream(int descriptor) {
    if (descriptor >= 0 && descriptor < 3) start.was_closed[descriptor] = 1;
}

void cvault_give_back_start(void) {
    if (!start.is_known) return;
    umask(start.umask);
    setrlimit(RLIMIT_CORE, &start.core);
    setrlimit(RLIMIT_MEMLOCK, &start.lock);
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (start.was_closed[descriptor]) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

const sigset_t *cvault_signals_blocked_at_start(void) { return start.is_known ? &start.blocked : NULL; }

// MARK: - A file in memory

static int fill_and_seal(int file, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? errno : EIO;
        bytes += written;
        count -= (size_t)written;
    }
    if (fchmod(file, 0400) != 0) return errno;
    return fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0 ? 0 : errno;
}

int cvault_sealed_file(const char *name, const void *bytes, size_t count, int *descriptor) {
    int before = errno, result, number = -1;
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) {
        result = errno;
    } else {
        result = fill_and_seal(file, bytes, count);
        // Scripts take 3 to 9 for themselves, and shells some behind these.
        if (result == 0 && (number = fcntl(file, F_DUPFD, 64)) < 0) result = errno;
        // A program that reads it by the number reads from the beginning.
        if (result == 0) lseek(number, 0, SEEK_SET);
        close(file);
    }
    errno = before;
    if (result == 0) *descriptor = number;
    return result;
}
