#ifndef CVAULT_WIPING_FREE_H
#define CVAULT_WIPING_FREE_H

/// Linking this target replaces `free` and `realloc` for the whole process, shared libraries included, by ones that
/// wipe a block before they give it back to the allocator that made it, whichever that is. For executables only: a
/// library must not decide this for its host.
///
/// Returns whether blocks are wiped: not where something loaded before us replaces malloc without malloc_usable_size,
/// so that nothing tells how long a block is. To be called by the program, so that no linker drops the replacement.
int cvault_wiping_free_wipes(void);

#endif
