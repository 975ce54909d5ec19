#ifndef CVAULT_LIBSECRET_LIBRARY_H
#define CVAULT_LIBSECRET_LIBRARY_H

#include "CVaultLibsecret.h"

/// The functions of libsecret and GLib, once cvault_libsecret_open has found them.
extern struct cvault_libsecret_functions cvault_libsecret;

void cvault_keyring_fail(struct cvault_keyring_outcome *, enum cvault_keyring_failure, const char *words);
/// Tells of an error, and frees it.
void cvault_keyring_take_error(struct cvault_keyring_outcome *, struct cvault_error *);

#endif
