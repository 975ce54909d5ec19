// Writes down what a command changes on the disk and what it syncs, for tests that cut the power: a line for each
// change is appended to the file that RECORD_WRITES names. Files and folders stand in it by their inodes.
//
//   create FOLDER FILE NAME     mkdir FOLDER FILE NAME     link FOLDER FILE NAME     unlink FOLDER NAME
//   rename FOLDER NAME FOLDER NAME                         write FILE OFFSET HEXADECIMAL
//   truncate FILE LENGTH        sync FILE-OR-FOLDER
//
// Neither strace nor a seccomp listener could: the command's memory is closed to other processes of its user.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int record = -1;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORD_WRITES");
    if (path) record = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

#define NEXT(function) __typeof__(&function) next = (__typeof__(&function))dlsym(RTLD_NEXT, #function)

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
    char line[2 * PATH_MAX + 128];
    va_list values;
    int before = errno;
    va_start(values, format);
    int count = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (record >= 0 && count > 0 && syscall(SYS_write, record, line, (size_t)count) != count) abort();
    errno = before;
}

// A place in a folder, as the calls name it.
struct place { unsigned long folder; char name[NAME_MAX + 1]; };

static struct place place(int directory, const char *path) {
    struct place found = { 0, "" };
    struct stat status;
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int before = errno;
    snprintf(found.name, sizeof found.name, "%s", slash ? slash + 1 : path);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (fstatat(directory, folder[0] ? folder : "/", &status, 0) == 0) found.folder = status.st_ino;
    errno = before;
    return found;
}

static unsigned long inode_at(int directory, const char *path) {
    struct stat status;
    int before = errno;
    unsigned long inode = fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino : 0;
    errno = before;
    return inode;
}

// 0 for what is no file.
static unsigned long inode_of(int descriptor) {
    struct stat status;
    int before = errno;
    int is_file = fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
    errno = before;
    return is_file ? status.st_ino : 0;
}

static void note_write(int descriptor, off_t offset, const unsigned char *bytes, ssize_t count) {
    unsigned long inode = count > 0 ? inode_of(descriptor) : 0;
    if (!inode || record < 0) return;
    char *text = malloc(2 * (size_t)count + 1);
    if (!text) abort();
    for (ssize_t index = 0; index < count; index++) sprintf(text + 2 * index, "%02x", bytes[index]);
    // In one piece, however long: the lines of two threads don't mix.
    char head[64];
    int length = snprintf(head, sizeof head, "write %lu %lld ", inode, (long long)offset);
    struct iovec parts[] = { { head, (size_t)length }, { text, 2 * (size_t)count }, { "\n", 1 } };
    if (syscall(SYS_writev, record, parts, 3) < 0) abort();
    free(text);
}

// MARK: - Opening

static int open_at(int directory, const char *path, int flags, mode_t mode) {
    NEXT(openat);
    unsigned long before = inode_at(directory, path);
    int descriptor = next(directory, path, flags, mode);
    if (descriptor < 0) return descriptor;
    if ((flags & O_CREAT) && !before) {
        struct place made = place(directory, path);
        note("create %lu %lu %s\n", made.folder, inode_of(descriptor), made.name);
    } else if (flags & O_TRUNC) {
        note("truncate %lu 0\n", inode_of(descriptor));
    }
    return descriptor;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = mode_of(flags, rest);                                                                            \
        va_end(rest);                                                                                                  \
        return open_at(AT_FDCWD, path, flags, mode);                                                                   \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
    int name(int directory, const char *path, int flags, ...) {                                                        \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = mode_of(flags, rest);                                                                            \
        va_end(rest);                                                                                                  \
        return open_at(directory, path, flags, mode);                                                                  \
    }
OPENAT(openat)
OPENAT(openat64)

// MARK: - Contents

#define PWRITE(name)                                                                                                   \
    ssize_t name(int descriptor, const void *bytes, size_t count, off_t offset) {                                      \
        NEXT(name);                                                                                                    \
        ssize_t written = next(descriptor, bytes, count, offset);                                                      \
        note_write(descriptor, offset, bytes, written);                                                                \
        return written;                                                                                                \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
    NEXT(write);
    ssize_t written = next(descriptor, bytes, count);
    // Where it stands now, so that it doesn't matter how the file was opened.
    if (written > 0 && inode_of(descriptor))
        note_write(descriptor, lseek(descriptor, 0, SEEK_CUR) - written, bytes, written);
    return written;
}

#define TRUNCATE(name)                                                                                                 \
    int name(int descriptor, off_t length) {                                                                           \
        NEXT(name);                                                                                                    \
        int result = next(descriptor, length);                                                                         \
        if (result == 0) note("truncate %lu %lld\n", inode_of(descriptor), (long long)length);                         \
        return result;                                                                                                 \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name)                                                                                                     \
    int name(int descriptor) {                                                                                         \
        NEXT(name);                                                                                                    \
        int result = next(descriptor);                                                                                 \
        if (result == 0) note("sync %lu\n", inode_of(descriptor));                                                     \
        return result;                                                                                                 \
    }
SYNC(fsync)
SYNC(fdatasync)

// MARK: - Names

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    NEXT(renameat2);
    struct place source = place(from, old), target = place(to, new);
    int result = next(from, old, to, new, flags);
    if (result == 0) note("rename %lu %s %lu %s\n", source.folder, source.name, target.folder, target.name);
    return result;
}

int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    NEXT(linkat);
    int result = next(from, old, to, new, flags);
    struct place target = place(to, new);
    if (result == 0) note("link %lu %lu %s\n", target.folder, inode_at(to, new), target.name);
    return result;
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int unlinkat(int directory, const char *path, int flags) {
    NEXT(unlinkat);
    struct place removed = place(directory, path);
    int result = next(directory, path, flags);
    if (result == 0) note("unlink %lu %s\n", removed.folder, removed.name);
    return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int directory, const char *path, mode_t mode) {
    NEXT(mkdirat);
    int result = next(directory, path, mode);
    struct place made = place(directory, path);
    if (result == 0) note("mkdir %lu %lu %s\n", made.folder, inode_at(directory, path), made.name);
    return result;
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
