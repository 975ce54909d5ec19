#pragma once

/// How many blocks of memory this process has taken so far, all threads together, by any function of malloc(3).
unsigned long allocations_so_far(void);
