#define _GNU_SOURCE
#include "CVaultLinux.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Everything for a process that possesses the key, nothing for others, root apart: the user's other programs get at it
// by linking the user keyring, as we do.
enum { possessor_only = 0x3f000000 };

static long keyctl(int operation, long second, long third, long fourth, long fifth) {
    return syscall(SYS_keyctl, operation, second, third, fourth, fifth);
}

// A thread that is older than its process's keyring gets one of its own: whatever needs possession is done behind this
// call, on the same thread.
static int possess_user_keyring(void) {
    return keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING, 0, 0) == 0 ? 0 : errno;
}

static int give(const char *description, const void *secret, size_t count, uint32_t seconds) {
    int result = possess_user_keyring();
    if (result != 0) return result;
    // Until it is linked elsewhere the key dies with this process.
    long key = syscall(SYS_add_key, "user", description, secret, count, KEY_SPEC_PROCESS_KEYRING);
    if (key < 0) return errno;
    if (keyctl(KEYCTL_SETPERM, key, possessor_only, 0, 0) != 0) result = errno;
    if (result == 0 && keyctl(KEYCTL_SET_TIMEOUT, key, seconds, 0, 0) != 0) result = errno;
    if (result == 0 && keyctl(KEYCTL_LINK, key, KEY_SPEC_USER_KEYRING, 0, 0) != 0) result = errno;
    keyctl(KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING, 0, 0);
    return result;
}

int cvault_user_key_add(const char *description, const void *secret, size_t count, uint32_t seconds) {
    int before = errno;
    int result = give(description, secret, count, seconds);
    errno = before;
    return result;
}

int cvault_user_key_probe(const char *description) {
    int before = errno;
    int result = possess_user_keyring();
    if (result == 0) {
        long key = syscall(SYS_add_key, "user", description, "?", 1, KEY_SPEC_PROCESS_KEYRING);
        if (key < 0) result = errno;
        // Threads that try it at once try it with one key: the first of them takes it away, and it may be gone by then.
        else if (keyctl(KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING, 0, 0) != 0 && errno != ENOENT && errno != ENOKEY)
            result = errno;
    }
    errno = before;
    return result;
}

int cvault_user_key_read(const char *description, void *secret, size_t count) {
    int before = errno;
    int result = possess_user_keyring();
    if (result == 0) {
        long key = keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user", (long)description, 0);
        long length = key < 0 ? -1 : keyctl(KEYCTL_READ, key, (long)secret, (long)count, 0);
        // A key of another length is none of ours.
        result = length < 0 ? errno : length != (long)count ? ENOKEY : 0;
    }
    errno = before;
    return result;
}

// Whether it is a key of ours whose description begins with the prefix: `user;UID;GID;PERMISSIONS;DESCRIPTION`.
static int matches(long key, const char *prefix) {
    char text[256];
    long length = keyctl(KEYCTL_DESCRIBE, key, (long)text, sizeof text, 0);
    if (length <= 0 || length > (long)sizeof text || strncmp(text, "user;", 5) != 0) return 0;
    const char *description = text;
    for (int field = 0; field < 4; field++) {
        description = strchr(description, ';');
        if (!description++) return 0;
    }
    return strncmp(description, prefix, strlen(prefix)) == 0;
}

int cvault_user_key_revoke_all(const char *prefix, uint32_t *revoked) {
    int before = errno;
    *revoked = 0;
    int32_t *keys = NULL;
    int result = possess_user_keyring();
    if (result != 0) goto done;
    long room = 0, length;
    // It may grow between the two.
    while ((length = keyctl(KEYCTL_READ, KEY_SPEC_USER_KEYRING, (long)keys, room, 0)) > room) {
        free(keys);
        room = length + 256;
        keys = malloc((size_t)room);
        if (!keys) {
            result = ENOMEM;
            goto done;
        }
    }
    if (length < 0) result = errno;
    for (long index = 0; index < length / (long)sizeof *keys; index++) {
        if (!matches(keys[index], prefix)) continue;
        if (keyctl(KEYCTL_REVOKE, keys[index], 0, 0, 0) == 0) ++*revoked;
        else if (errno != EKEYREVOKED && errno != EKEYEXPIRED && errno != ENOKEY) result = errno;
        keyctl(KEYCTL_UNLINK, keys[index], KEY_SPEC_USER_KEYRING, 0, 0);
    }
done:
    free(keys);
    errno = before;
    return result;
}
