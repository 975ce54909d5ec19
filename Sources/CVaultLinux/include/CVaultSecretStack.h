#ifndef CVAULT_SECRET_STACK_H
#define CVAULT_SECRET_STACK_H

#include <stddef.h>

// Functions leave on the stack, and in vector registers, pieces of what they worked on, and the next one to save
// registers (a lazily bound call, a signal) writes them into memory. So whatever works on secrets runs on a stack that
// is left out of core dumps, locked where it is mostly used, and wiped together with the registers.

/// Calls `body` on such a stack, or on the present one where this is one already, or where there is no memory for
/// another. What `body` left is wiped when it returns.
void cvault_on_secret_stack(void (*body)(void *), void *argument);

/// Wipes what the calls that have returned left on this stack, if it is such a one, and in the registers in any case.
void cvault_wipe_secret_stack(void);

/// Where the stack of this thread lies that cvault_on_secret_stack made: its lowest byte and its size; 0 where it made
/// none. For tests.
size_t cvault_secret_stack(void **start);

#endif
