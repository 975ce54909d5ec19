#ifndef CVAULT_LINUX_START_INTERNAL_H
#define CVAULT_LINUX_START_INTERNAL_H

#include <signal.h>

/// The signals that were blocked when this process began; NULL where they weren't recorded.
const sigset_t *cvault_signals_blocked_at_start(void);

#endif
