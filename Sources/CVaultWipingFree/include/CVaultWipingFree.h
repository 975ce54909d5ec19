#ifndef CVAULT_WIPING_FREE_H
#define CVAULT_WIPING_FREE_H

/// Linking this target replaces `free` and `realloc` for the whole process, shared libraries included, by ones that
/// wipe what they give back. For executables only: a library must not decide this for its host.
/// Returns 1; called so that no linker drops the replacement.
int cvault_wiping_free_is_linked(void);

#endif
