// Stops the process before it ends, becomes another program or waits for one, its work done, so that its memory can be
// searched: the file "stopped" appears in the folder that ISOGEO_VAULT_TEST_STOP names, and the process goes on once
// there is "go". Each thread stands in a signal handler then, so that what its registers hold lies in memory, too.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP (SIGRTMIN + 7)

static char stopped[4096], go[4096];
static int (*next_execvpe)(const char *, char *const *, char *const *);
static int (*next_waitid)(idtype_t, id_t, siginfo_t *, int);

__attribute__((constructor)) static void prepare(void) {
    const char *folder = getenv("ISOGEO_VAULT_TEST_STOP");
    if (!folder) return;
    snprintf(stopped, sizeof stopped, "%s/stopped", folder);
    snprintf(go, sizeof go, "%s/go", folder);
    next_waitid = (int (*)(idtype_t, id_t, siginfo_t *, int))dlsym(RTLD_NEXT, "waitid");
    next_execvpe = (int (*)(const char *, char *const *, char *const *))dlsym(RTLD_NEXT, "execvpe");
}

static atomic_int waiting;

// The kernel puts all registers of a thread on its stack before it calls this (sigaction(2)).
static void wait_in_handler(int signal) {
    (void)signal;
    struct timespec pause = { .tv_nsec = 2000000 };
    atomic_fetch_add(&waiting, 1);
    while (access(go, F_OK) != 0) nanosleep(&pause, NULL);
}

static void stop(void) {
    if (!stopped[0]) return;
    struct sigaction action = { .sa_handler = wait_in_handler };
    struct timespec pause = { .tv_nsec = 2000000 };
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, STOP);
    sigaction(STOP, &action, NULL);
    int threads = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        pid_t thread = atoi(task->d_name);
        if (thread > 0 && thread != gettid() && tgkill(getpid(), thread, STOP) == 0) threads++;
    }
    if (tasks) closedir(tasks);
    while (atomic_load(&waiting) < threads) nanosleep(&pause, NULL);
    close(open(stopped, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    // This thread, too: its registers are what the caller left but for those that these calls changed.
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
    raise(STOP);
    stopped[0] = 0;
}

void _exit(int status) {
    stop();
    while (1) syscall(SYS_exit_group, status);
}

int execvpe(const char *path, char *const *arguments, char *const *environment) {
    stop();
    return next_execvpe(path, arguments, environment);
}

int waitid(idtype_t kind, id_t process, siginfo_t *end, int options) {
    stop();
    return next_waitid(kind, process, end, options);
}
