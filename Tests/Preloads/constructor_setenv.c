// What libfaketime, fakechroot and OpenCV do when they are loaded: a variable more before main, so that the environment
// lies elsewhere than below the arguments.
#include <stdlib.h>

__attribute__((constructor)) static void add_variable(void) { setenv("ADDED_BY_A_CONSTRUCTOR", "1", 1); }
