#ifndef CVAULT_TEST_SUPPORT_H
#define CVAULT_TEST_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/// A descriptor that becomes readable when the process ends (pidfd_open(2)), or -1 and errno.
int cvault_test_pidfd_open(int32_t process);

/// Copies memory of this process by process_vm_readv(2), which no dumpable flag forbids. The bytes read, or -1.
ptrdiff_t cvault_test_read_own_memory(uint64_t address, void *buffer, size_t count);

/// The offset of the first place at or behind `from` where haystack equals needle, each byte of which was
/// exclusive-ored with mask; -1 if there is none. The needle itself is nowhere in clear.
ptrdiff_t cvault_test_find(const void *haystack, size_t count, size_t from, const uint8_t *needle, size_t needle_count,
                           uint8_t mask);

#endif
