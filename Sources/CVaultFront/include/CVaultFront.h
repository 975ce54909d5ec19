#ifndef CVAULT_FRONT_H
#define CVAULT_FRONT_H

// The front of isogeo-vault, a small program that becomes the whole one for all but a cached token. For other calls it
// does so before Swift is started, in a constructor.

/// Becomes the whole program, `libexec/isogeo-vault` next to the folder in which this one lies, with the arguments and
/// the environment of this process. Ends the process, with a sentence, where that isn't there.
_Noreturn void cvault_front_become_whole(void);

#endif
