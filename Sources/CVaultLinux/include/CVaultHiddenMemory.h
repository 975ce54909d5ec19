#ifndef CVAULT_HIDDEN_MEMORY_H
#define CVAULT_HIDDEN_MEMORY_H

#include <stddef.h>

// Memory that the kernel takes out of its own map (memfd_secret(2)): a fault of the kernel doesn't read it, nor does
// /proc/PID/mem, not even for root. It is locked and left out of core dumps. A child of fork(2) doesn't have it: it
// would share it, and wipe it.

/// Room for so many bytes, the last of them at the end of a page, behind which nothing can be touched. NULL where the
/// kernel has no such memory or gives no more.
void *cvault_hidden_memory(size_t count);

/// Wipes the bytes and gives them back.
void cvault_hidden_memory_free(void *bytes, size_t count);

#endif
