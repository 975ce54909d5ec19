#define _GNU_SOURCE
#include "CVaultLinux.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

// The handler runs at any moment, in any thread: it touches what is below, and calls only functions that POSIX lists as
// async-signal-safe (tcsetattr, sigaction, raise, sigprocmask).
static const int handled[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };
enum { handled_count = sizeof handled / sizeof handled[0] };

static int terminal_in_use = -1;
static struct termios shown, hidden;
static struct sigaction former[handled_count];

static int set_terminal(const struct termios *mode) {
    // A background process that changes the terminal is stopped (SIGTTOU): let the change pass instead.
    sigset_t background, before;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    sigprocmask(SIG_BLOCK, &background, &before);
    int result;
    do {
        result = tcsetattr(terminal_in_use, TCSAFLUSH, mode);
    } while (result != 0 && errno == EINTR);
    result = result == 0 ? 0 : errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void on_signal(int signal);

static void handle(int signal) {
    struct sigaction ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigfillset(&ours.sa_mask);
    sigaction(signal, &ours, NULL);
}

static void on_signal(int signal) {
    int before = errno;
    if (signal == SIGCONT) {
        set_terminal(&hidden);
    } else {
        set_terminal(&shown);
        // The signal's own action, now: death, or a stop from which we come back here.
        struct sigaction standard = { .sa_handler = SIG_DFL };
        sigset_t one;
        sigaction(signal, &standard, NULL);
        raise(signal);
        sigemptyset(&one);
        sigaddset(&one, signal);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        handle(signal);
        set_terminal(&hidden);
    }
    errno = before;
}

int cvault_terminal_hide_echo(int terminal) {
    if (tcgetattr(terminal, &shown) != 0) return errno;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    terminal_in_use = terminal;
    for (int index = 0; index < handled_count; index++) {
        sigaction(handled[index], NULL, &former[index]);
        if (former[index].sa_handler != SIG_IGN) handle(handled[index]);
    }
    int result = set_terminal(&hidden);
    if (result != 0) cvault_terminal_show_echo();
    return result;
}

int cvault_terminal_show_echo(void) {
    int result = set_terminal(&shown);
    for (int index = 0; index < handled_count; index++) sigaction(handled[index], &former[index], NULL);
    terminal_in_use = -1;
    return result;
}
