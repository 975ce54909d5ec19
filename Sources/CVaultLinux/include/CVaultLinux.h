#ifndef CVAULT_LINUX_H
#define CVAULT_LINUX_H

#include <stdint.h>

// What Swift's Glibc doesn't show, and variadic calls. Each returns 0 or an errno; none touches errno's value.

/// Keeps core dumps, /proc/PID/mem and ptrace of other unprivileged processes away from this one: prctl(2).
int cvault_set_not_dumpable(void);
/// Gives the signals of a crash their standard action, death, unless they are ignored: sigaction(2).
int cvault_forget_crash_handlers(void);
/// RLIMIT_CORE to nothing: setrlimit(2). The hard limit stays: it could never be given back.
int cvault_forbid_core_files(void);
/// RLIMIT_MEMLOCK to all that this process may have.
int cvault_raise_lock_limit(void);

/// A pipe that no child inherits by accident: pipe2(2) with O_CLOEXEC.
int cvault_pipe(int *reading_end, int *writing_end);

/// Switches echo off on a terminal and puts SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP and SIGCONT under a handler that
/// restores it before the process dies or stops, and hides it again when the process goes on. One terminal at a time.
int cvault_terminal_hide_echo(int terminal);
/// Undoes cvault_terminal_hide_echo: echo and the signals' former actions.
int cvault_terminal_show_echo(void);

/// Tries a write lock that belongs to the open file description (F_OFD_SETLK, fcntl(2)) on one byte.
/// 0, EAGAIN where somebody else holds it, or another errno.
int cvault_ofd_lock_byte(int descriptor, uint64_t offset);
int cvault_ofd_unlock_byte(int descriptor, uint64_t offset);

/// The process that holds a POSIX lock on one byte (F_GETLK), 0 if nobody does.
int cvault_posix_lock_byte(int descriptor, uint64_t offset);
int cvault_posix_lock_holder(int descriptor, uint64_t offset, int32_t *holder);
int cvault_posix_unlock_byte(int descriptor, uint64_t offset);

/// Opens a folder as a place to start from and nothing else (O_PATH, open(2)), following no link: what a path leads to
/// is checked and then used through the same descriptor, without reading or writing it.
int cvault_open_folder(int folder, const char *name, int *descriptor);

/// Gives a file another name, and never replaces what has it already (RENAME_NOREPLACE, renameat2(2)): EEXIST then.
/// Where the file system doesn't know that: link(2) and unlink(2), which leave both names to whoever is killed between.
int cvault_rename_to_new(const char *from, const char *to);

#include "CVaultStart.h"

#endif
