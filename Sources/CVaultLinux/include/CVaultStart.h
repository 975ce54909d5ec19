#ifndef CVAULT_START_H
#define CVAULT_START_H

#include <stddef.h>
#include <stdint.h>

// How this process was started, as far as it changes that for its secrets, and how a program is started as if we
// hadn't. Each returns 0 or an errno unless it says otherwise.

/// The arguments of this process, the program's name first and NULL at the end; NULL where it was given none at all.
char *const *cvault_arguments(void);
/// Remembers umask, limits and blocked signals; to be called before any of them is changed.
void cvault_remember_start(void);
/// Takes a variable out of the environment, and remembers it where it lies.
void cvault_set_aside_variable(const char *name);
/// What was set aside, `NAME=value` each, NULL at the end.
char *const *cvault_variables_set_aside(void);
/// Remembers that a standard stream was closed, and is ours.
void cvault_remember_closed_stream(int descriptor);
/// Umask and limits become again what they were, and streams that were closed will be for whatever is executed now.
/// Does nothing where nothing was remembered.
void cvault_give_back_start(void);

/// An unnamed file in memory that holds these bytes and can never be changed (memfd_create(2), sealed). It is inherited
/// under a number that shells don't use themselves.
int cvault_sealed_file(const char *name, const void *bytes, size_t count, int *descriptor);

/// Becomes another program (execve(2)); a text without `#!` is run by sh, as execvp(3) does it. Returns only an errno.
int cvault_become(const char *path, char *const *arguments, char *const *environment);
/// From now on what would end or stop us is kept for a child, and forwarded once it is there.
void cvault_await_child(void);
/// There will be no child: what was kept for it comes to us.
void cvault_await_no_child(void);
/// Starts another program as a child; one child in a process's life, which was awaited before.
int cvault_start_child(const char *path, char *const *arguments, char *const *environment);
/// Waits for that child's end, and stops when it stops.
/// Its exit code, or the number of the signal that killed it below 0.
int cvault_wait_for_child(void);
/// Dies of a signal, as a child did.
_Noreturn void cvault_die_of(int signal);

#endif
