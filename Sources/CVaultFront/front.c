#define _GNU_SOURCE
#include "CVaultFront.h"

#include <errno.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const *arguments;

/// The path of the whole program; empty where it can't be told.
static void find_whole(char *path, size_t size) {
    ssize_t count = readlink("/proc/self/exe", path, size);
    const char *executed = (const char *)getauxval(AT_EXECFN);
    // Where no /proc is mounted, the name by which the kernel found it.
    if (count < 0 && executed && strlen(executed) < size) count = (ssize_t)strlen(strcpy(path, executed));
    static const char whole[] = "/../libexec/isogeo-vault";
    char *end = count > 0 ? memrchr(path, '/', (size_t)count) : NULL;
    if (end && (size_t)(end - path) + sizeof whole <= size) memcpy(end, whole, sizeof whole);
    else path[0] = 0;
}

_Noreturn void cvault_front_become_whole(void) {
    // Linux before 5.18 gives a program that was executed without even a name none.
    static char none[] = "";
    static char *const nameless[] = { none, NULL };
    char path[PATH_MAX];
    find_whole(path, sizeof path);
    execve(path, arguments[0] ? arguments : nameless, environ);
    dprintf(STDERR_FILENO,
            "isogeo-vault: %s can't be started: %s. It is a part of isogeo-vault.\n  Install isogeo-vault again.\n",
            path[0] ? path : "libexec/isogeo-vault", strerror(errno));
    _exit(78);
}

/// Whether it is `token`, and may be answered by a cached one.
static int wants_cached_token(int count, char *const *values) {
    if (count < 2 || strcmp(values[1], "token") != 0) return 0;
    for (int index = 2; index < count; index++)
        if (strcmp(values[index], "--refresh") == 0) return 0;
    return 1;
}

/// Whether one of these variables is set.
static int is_any_set(const char *const *names) {
    for (; *names; names++)
        if (getenv(*names)) return 1;
    return 0;
}

/// Whether there may be a key that the front uses: a key file, a service's credential, or a session's key, which the
/// kernel has in the user keyring (keyctl_read(3) tells how much is in it).
static int may_have_key(int count, char *const *values) {
    static const char *const files[] = { "ISOGEO_VAULT_KEY_FILE", "ISOGEO_VAULT_SHARED_KEY_FILE",
                                         "CREDENTIALS_DIRECTORY", NULL };
    static const char *const passphrases[] = { "ISOGEO_VAULT_PASSPHRASE", "ISOGEO_VAULT_PASSPHRASE_FILE",
                                               "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE", NULL };
    if (is_any_set(files)) return 1;
    for (int index = 2; index < count; index++)
        if (strcmp(values[index], "--key-file") == 0) return 1;
    if (is_any_set(passphrases)) return 0;
    // A filter of system calls may end the process at keyctl(2), which only a vault with a session is worth.
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0) return 1;
    return syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, NULL, 0) > 0;
}

/// Whether Swift's runtime starts and says nothing: in a static program it looks for a helper next to the executable,
/// and aborts where no /proc tells which one that is (seen with 6.3).
static int can_start_swift(void) { return !getenv("SWIFT_BACKTRACE") && access("/proc/self/exe", F_OK) == 0; }

// Before the constructors of the libraries, which take longer than executing another program.
__attribute__((constructor(101))) static void begin(int count, char **values) {
    arguments = values;
    if (!wants_cached_token(count, values) || !may_have_key(count, values) || !can_start_swift())
        cvault_front_become_whole();
}
