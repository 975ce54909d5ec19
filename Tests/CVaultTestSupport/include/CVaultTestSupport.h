#ifndef CVAULT_TEST_SUPPORT_H
#define CVAULT_TEST_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/// A pipe whose ends are closed by each exec. 0 or an errno.
int cvault_test_pipe(int *reading, int *writing);

/// A new terminal: the side that a person sits at, and the name of the other. 0 or an errno.
int cvault_test_open_terminal(int *master, char *name, size_t capacity);

/// Starts a program in a session of its own, with default signals, in `folder`, by posix_spawn(3). 0 or an errno.
///
/// Its descriptor n is ours of the number sources[n], or closed where that is -1; sources lie above `count`. All
/// others are closed. With a terminal's name, 0, 1 and 2 are that terminal, which then controls the session.
int cvault_test_spawn(const char *path, char *const *arguments, char *const *environment, const char *folder,
                      const char *terminal, const int *sources, int count, int32_t *process);

/// 1 where a path lies on a tmpfs, 0 where it doesn't, -1 where that can't be told.
int cvault_test_is_in_memory(const char *path);

/// A descriptor that becomes readable when the process ends (pidfd_open(2)), or -1 and errno.
int cvault_test_pidfd_open(int32_t process);

/// Copies memory of this process by process_vm_readv(2), which no dumpable flag forbids. The bytes read, or -1.
ptrdiff_t cvault_test_read_own_memory(uint64_t address, void *buffer, size_t count);

/// The offset of the first place at or behind `from` where haystack equals needle, each byte of which was
/// exclusive-ored with mask; -1 if there is none. The needle itself is nowhere in clear.
ptrdiff_t cvault_test_find(const void *haystack, size_t count, size_t from, const uint8_t *needle, size_t needle_count,
                           uint8_t mask);

/// Whether all bytes are zero, as in most of what allocators reserve.
int cvault_test_is_zero(const void *bytes, size_t count);

/// A run of bytes that memory and a needle have in common.
struct cvault_test_run {
    size_t place, needle_offset, length;
};

/// The first run of at least `shortest` bytes (8 or more), at or behind `from`, that haystack has in common with the
/// needle, each byte of which was exclusive-ored with mask. Whether there is one.
int cvault_test_find_run(const void *haystack, size_t count, size_t from, const uint8_t *needle, size_t needle_count,
                         uint8_t mask, size_t shortest, struct cvault_test_run *run);

/// Has each other thread write its registers onto its stack, as the kernel does before it calls a signal's handler, and
/// waits until all have. 0 or an errno.
int cvault_test_spill_registers(void);

/// Leaves bytes behind as compiled code does: `depth` bytes below the caller on the stack, and the first 64 of them in
/// vector registers. They are given exclusive-ored with mask.
void cvault_test_leave_behind(const uint8_t *masked, size_t count, uint8_t mask, size_t depth);

/// Copies what the vector registers hold: 64 bytes of each where they are so long, 16 else. The bytes written; 0 on
/// processors other than x86_64.
size_t cvault_test_vector_registers(uint8_t bytes[2048]);

/// Links the user keyring into that of this process, and reads which keys are in it: as many as fit. The number of
/// keys, or -1 and errno. What /proc/keys shows of them is shown to the same thread only.
int cvault_test_user_keys(int32_t *keys, int capacity);

#endif
