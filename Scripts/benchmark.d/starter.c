// Starts programs by posix_spawn(3), one after the other, and says what each has cost. It is a small process, because
// the kernel counts a parent's memory as the peak of the child that it starts.
//
// A request on standard input: a line "ARGUMENTS VARIABLES SECONDS", then that many strings, each ended by a NUL; the
// first argument is a path. The answer, a line: nanoseconds from before the start to after the end, microseconds of
// user and of system time, page faults, the peak of memory in KiB, the status of waitpid(2). A program has no input;
// its output goes to the files that this program's own arguments name, which each start empties.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static void end_child(int signal) {
    (void)signal;
    if (child > 0) kill(child, SIGKILL);
}

static int fail(const char *what) {
    perror(what);
    return 1;
}

static char **read_strings(int count) {
    char **strings = calloc((size_t)count + 1, sizeof *strings);
    for (int i = 0; strings && i < count; i++) {
        size_t capacity = 0;
        if (getdelim(&strings[i], &capacity, 0, stdin) < 0) return NULL;
    }
    return strings;
}

static void free_strings(char **strings) {
    for (char **string = strings; *string; string++) free(*string);
    free(strings);
}

static long long nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int count, char **names) {
    if (count != 3) return 64;
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC), streams[2];
    for (int i = 0; i < 2; i++) {
        streams[i] = open(names[i + 1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (streams[i] < 0) return fail(names[i + 1]);
    }
    posix_spawn_file_actions_t actions;
    if (input < 0 || posix_spawn_file_actions_init(&actions)) return fail("posix_spawn");
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    for (int i = 0; i < 2; i++) posix_spawn_file_actions_adddup2(&actions, streams[i], i + 1);
    signal(SIGALRM, end_child);

    int arguments, variables;
    unsigned seconds;
    while (scanf("%d %d %u", &arguments, &variables, &seconds) == 3 && getchar() == '\n') {
        char **argv = read_strings(arguments), **environment = read_strings(variables);
        if (!argv || !environment) return fail("request");
        // A device isn't emptied, and needs not be.
        for (int i = 0; i < 2; i++) (void)!ftruncate(streams[i], 0);
        struct rusage usage;
        int status;
        pid_t started;
        const long long began = nanoseconds();
        const int error = posix_spawn(&started, argv[0], &actions, NULL, argv, environment);
        if (error) {
            // It is that program's failure, and the others are measured all the same.
            dprintf(streams[1], "%s: %s\n", argv[0], strerror(error));
            printf("0 0 0 0 0 %d\n", 127 << 8);
            fflush(stdout);
            free_strings(argv);
            free_strings(environment);
            continue;
        }
        child = started;
        alarm(seconds);
        while (wait4(started, &status, 0, &usage) < 0)
            if (errno != EINTR) return fail("wait4");
        const long long ended = nanoseconds();
        child = 0;
        alarm(0);
        printf("%lld %lld %lld %ld %ld %d\n", ended - began, microseconds(usage.ru_utime),
               microseconds(usage.ru_stime), usage.ru_minflt + usage.ru_majflt, usage.ru_maxrss, status);
        fflush(stdout);
        free_strings(argv);
        free_strings(environment);
    }
    return 0;
}
