#ifndef CVAULT_SODIUM_H
#define CVAULT_SODIUM_H

#if !__has_include(<sodium.h>)
#error "libsodium's headers are missing: sudo apt-get install libsodium-dev"
#endif

#include <sodium.h>

#endif
