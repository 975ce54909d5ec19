#define _GNU_SOURCE
#include "CVaultStart.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "start.h"

int cvault_become(const char *path, char *const *arguments, char *const *environment) {
    const sigset_t *blocked = cvault_signals_blocked_at_start();
    cvault_give_back_start();
    // The mask is this thread's own; actions that we changed end with us (execve(2)), ignored signals stay ignored.
    if (blocked) pthread_sigmask(SIG_SETMASK, blocked, NULL);
    execvpe(path, arguments, environment);
    return errno;
}

// MARK: - As a parent

// Handlers, in whatever thread they run, read these and call kill(2), nothing else.
static atomic_int child;
static atomic_ullong waiting;

// All that would end us, so that the file doesn't stay behind, but those that a fault of our own raises; and what
// stops.
static int is_forwarded(int signal) {
    switch (signal) {
    case SIGHUP: case SIGINT: case SIGQUIT: case SIGTERM: case SIGUSR1: case SIGUSR2: case SIGTSTP: case SIGCONT:
    case SIGPIPE: case SIGALRM: case SIGVTALRM: case SIGPROF: case SIGXCPU: case SIGIO: case SIGPWR:
    case SIGSTKFLT: return 1;
    default: return signal >= SIGRTMIN && signal <= SIGRTMAX;
    }
}

// Linux has 64 of them.
static unsigned long long bit(int signal) { return 1ull << (signal - 1); }

// What a terminal sends (control-C, a hang-up) comes from the kernel, and to the child as well. Of an alarm that was
// set before we were executed it knows nothing.
static int is_of_terminal(int signal, const siginfo_t *information) {
    if (information->si_code <= 0) return 0;
    return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP || signal == SIGCONT;
}

static void hand_over(void) {
    int process = atomic_load(&child);
    if (process <= 0) return;
    unsigned long long signals = atomic_exchange(&waiting, 0);
    for (int signal = 1; signal <= 64; signal++)
        if (signals & bit(signal)) kill(process, signal);
}

static void forward(int signal, siginfo_t *information, void *context) {
    (void)context;
    // Before there is a child, we alone have received it.
    if (is_of_terminal(signal, information) && atomic_load(&child) != 0) return;
    int before = errno;
    // Noted first and looked for a child then, or one that is started at this moment would never hear of it.
    atomic_fetch_or(&waiting, bit(signal));
    hand_over();
    errno = before;
}

static int spawn(const char *path, char *const *arguments, char *const *environment, pid_t *process) {
    const sigset_t *blocked = cvault_signals_blocked_at_start();
    posix_spawnattr_t attributes;
    int result = posix_spawnattr_init(&attributes);
    if (result != 0) return result;
    if (blocked) {
        posix_spawnattr_setsigmask(&attributes, blocked);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    }
    result = posix_spawn(process, path, NULL, &attributes, arguments, environment);
    if (result == ENOEXEC) {
        size_t count = 0;
        while (arguments[count]) count++;
        char **longer = calloc(count + 2, sizeof *longer);
        if (longer) {
            longer[0] = "/bin/sh";
            longer[1] = (char *)(uintptr_t)path;
            for (size_t index = 1; index < count; index++) longer[index + 1] = arguments[index];
            result = posix_spawn(process, "/bin/sh", NULL, &attributes, longer, environment);
            free(longer);
        }
    }
    posix_spawnattr_destroy(&attributes);
    return result;
}

void cvault_await_child(void) {
    struct sigaction found, ours = { .sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART };
    for (int signal = 1; signal <= 64; signal++) {
        // Ignored from the start, as under nohup: by the child too.
        if (!is_forwarded(signal) || sigaction(signal, NULL, &found) != 0 || found.sa_handler == SIG_IGN) continue;
        sigaction(signal, &ours, NULL);
    }
}

void cvault_await_no_child(void) {
    unsigned long long signals;
    struct sigaction found, standard = { .sa_handler = SIG_DFL };
    for (int signal = 1; signal <= 64; signal++) {
        if (!is_forwarded(signal) || sigaction(signal, NULL, &found) != 0 || found.sa_sigaction != forward) continue;
        sigaction(signal, &standard, NULL);
    }
    signals = atomic_exchange(&waiting, 0);
    for (int signal = 1; signal <= 64; signal++)
        if (signals & bit(signal)) raise(signal);
}

int cvault_start_child(const char *path, char *const *arguments, char *const *environment) {
    struct sigaction standard = { .sa_handler = SIG_DFL };
    pid_t process;
    cvault_give_back_start();
    // Where it is ignored the kernel keeps no exit codes.
    sigaction(SIGCHLD, &standard, NULL);
    int result = spawn(path, arguments, environment, &process);
    if (result != 0) return result;
    atomic_store(&child, process);
    hand_over();
    return 0;
}

int cvault_wait_for_child(void) {
    pid_t process = atomic_load(&child);
    while (1) {
        siginfo_t end = { 0 };
        if (waitid(P_PID, (id_t)process, &end, WEXITED | WSTOPPED | WNOWAIT) != 0) {
            if (errno == EINTR) continue;
            return 255;
        }
        if (end.si_code == CLD_STOPPED) {
            waitpid(process, NULL, WUNTRACED | WNOHANG);
            // Stopped by its terminal's user: our parent must see that. SIGSTOP was meant for the child alone, and
            // nothing would wake us.
            if (end.si_status != SIGSTOP) kill(getpid(), SIGSTOP);
            continue;
        }
        // Its number is free once it is reaped: nothing is sent there any more.
        atomic_store(&child, 0);
        waitpid(process, NULL, 0);
        return end.si_code == CLD_EXITED ? end.si_status : -end.si_status;
    }
}

_Noreturn void cvault_die_of(int signal) {
    struct sigaction standard = { .sa_handler = SIG_DFL };
    sigset_t one;
    sigaction(signal, &standard, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    // To this thread: kill(2) may choose another one, which comes too late where a core is to be dumped.
    raise(signal);
    // Where it was the default not to die of it.
    _exit(128 + signal);
}
