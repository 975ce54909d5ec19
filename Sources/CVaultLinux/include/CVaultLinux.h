#ifndef CVAULT_LINUX_H
#define CVAULT_LINUX_H

#include <stddef.h>
#include <stdint.h>

// What Swift's Glibc doesn't show, and variadic calls. Each returns 0 or an errno; none touches errno's value.

/// Keeps core dumps, /proc/PID/mem and ptrace of other unprivileged processes away from this one: prctl(2).
int cvault_set_not_dumpable(void);
/// Gives the signals of a crash their standard action, death, unless they are ignored: sigaction(2).
int cvault_forget_crash_handlers(void);
/// A write beyond RLIMIT_FSIZE fails with EFBIG, and no signal ends this process; execve(2) undoes it: sigaction(2).
int cvault_survive_file_limit(void);
/// RLIMIT_CORE to nothing: setrlimit(2). The hard limit stays: it could never be given back.
int cvault_forbid_core_files(void);
/// RLIMIT_MEMLOCK to all that this process may have.
int cvault_raise_lock_limit(void);
/// RLIMIT_MEMLOCK as it is, in bytes; all bits for none.
int cvault_lock_limit(uint64_t *limit);

/// The number of the processor that this thread is on, from 0, which may be another one a moment later; -1 where the
/// kernel doesn't say: sched_getcpu(3).
int cvault_processor(void);

/// Overwrites the values of all variables of a name where they lie: unsetenv(3) would leave them, and getenv(3) finds
/// the first alone.
void cvault_wipe_variables(const char *name);

/// A pipe that no child inherits by accident: pipe2(2) with O_CLOEXEC.
int cvault_pipe(int *reading_end, int *writing_end);

/// Switches echo off on a terminal and puts SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP and SIGCONT under a handler that
/// restores it before the process dies or stops, and hides it again when the process goes on. One terminal at a time.
int cvault_terminal_hide_echo(int terminal);
/// Undoes cvault_terminal_hide_echo: echo and the signals' former actions.
int cvault_terminal_show_echo(void);

/// Tries a write lock that belongs to the open file description (F_OFD_SETLK, fcntl(2)) on one byte.
/// 0, EAGAIN where it is held, or another errno.
int cvault_ofd_lock_byte(int descriptor, uint64_t offset);
int cvault_ofd_unlock_byte(int descriptor, uint64_t offset);

/// The process that holds a POSIX lock on one byte (F_GETLK), 0 if none does.
int cvault_posix_lock_byte(int descriptor, uint64_t offset);
int cvault_posix_lock_holder(int descriptor, uint64_t offset, int32_t *holder);
int cvault_posix_unlock_byte(int descriptor, uint64_t offset);

/// Opens a directory as a place to start from and nothing else (O_PATH, open(2)): what a path leads to is checked and
/// then used through the same descriptor, without reading or writing it. A link in the last component is followed if
/// asked.
int cvault_open_directory(int directory, const char *name, int follows_link, int *descriptor);

/// Gives a file of a directory (AT_FDCWD: of the working one) another name, and never replaces what has it already
/// (RENAME_NOREPLACE, renameat2(2)): EEXIST then. Where the file system doesn't know that: link(2) and unlink(2), which
/// leave both names when the process is killed in between.
int cvault_rename_to_new(int directory, const char *from, const char *to);

/// The number of the file system that a path lies on (f_type, statfs(2)).
int cvault_file_system(const char *path, uint32_t *number);

/// An address of IPv4 or IPv6 and a port, in the network's order.
struct cvault_address {
    uint8_t family;
    uint16_t port;
    uint8_t bytes[16];
};

/// Reads an address that is written in numbers; EINVAL for another one.
int cvault_address_read(const char *text, uint16_t port, struct cvault_address *);
/// The users whose sockets listen for connections to an address of this computer, one for each socket: sock_diag(7).
/// ENOBUFS where there are more than there is room for.
int cvault_listeners(const struct cvault_address *peer, uint32_t *users, size_t capacity, size_t *count);

/// Sends one datagram to a socket of the file system, without waiting; 0, or errno.
int cvault_send_datagram(const char *path, const uint8_t *bytes, size_t count);
/// The user that has accepted the connection from `own` to `peer`, both of this computer; root, too, as long as no
/// process has. ENOENT where there is no such connection.
int cvault_accepted_by(const struct cvault_address *peer, const struct cvault_address *own, uint32_t *user);

/// Whether the file system that a descriptor lies on is mounted to be read alone by the kernel's own means: what FUSE
/// says of owners and flags is its user's to say.
int cvault_is_read_only_mount(int descriptor);

/// Whether the file system that a descriptor lies on is surely kept in memory: tmpfs or ramfs.
int cvault_is_in_memory(int descriptor);

// Keys that the kernel keeps for a user: keyrings(7), add_key(2), keyctl(2). Each function is whole on its own thread.

/// Gives the kernel a key of the type `user`, for its possessors alone, and links it into the user keyring once it
/// has its time-out: wherever this process is killed, no key stays that has none.
int cvault_user_key_add(const char *description, const void *secret, size_t count, uint32_t seconds);
/// Makes a key of this process and drops it: whether the kernel lets us, without anything that stays.
int cvault_user_key_probe(const char *description);
/// Copies a key of exactly `count` bytes from the user keyring. ENOKEY, EKEYEXPIRED, EKEYREVOKED where there is none.
int cvault_user_key_read(const char *description, void *secret, size_t count);
/// Revokes all keys of the user keyring whose descriptions begin with `prefix`, and tells how many.
int cvault_user_key_revoke_all(const char *prefix, uint32_t *revoked);

#include "CVaultHiddenMemory.h"
#include "CVaultSecretStack.h"
#include "CVaultStart.h"

#endif
