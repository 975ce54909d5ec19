// A clock that shows another time, in seconds since 1970: VAULT_TEST_CLOCK.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    const char *shown = getenv("VAULT_TEST_CLOCK");
    if (clock == CLOCK_REALTIME && shown) {
        *time = (struct timespec){.tv_sec = atoll(shown)};
        return 0;
    }
    int (*next)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    return next(clock, time);
}
