// inject REPORT CALL WHEN WHAT PROGRAM ARGUMENTS…: runs a program one of whose system calls fails, or is its last.
//
//   CALL   a name of the table below; `-` for none
//   WHEN   its which occurrence: `3`, or `3+` for this one and all that follow
//   WHAT   the name or number of an error, or KILL
//   REPORT a file that gets a line for each call of the table, in their order: its name, its first argument, and ` !`
//          behind the one that failed; `-` for none
//
// It ends as the program ends, or with 125 where the kernel doesn't allow this.
//
// strace --inject counts for each thread by itself, and from the loader's first call on. The command works on threads
// of its pool, whichever is free, and what fails before its `main` is the loader's to report. So a seccomp filter hands
// the calls to this program (seccomp_unotify(2)), which counts them over all threads of the process, from the sign that
// `main` has begun (the command makes itself not dumpable before anything else) until the process becomes another
// program. No memory is read, so that the command being not dumpable is no obstacle.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef const __u64 *arguments;

static int creates(arguments given) { return (given[2] & O_CREAT) != 0; }
static int opens(arguments given) { return !creates(given); }
static int duplicates(arguments given) { return given[1] == F_DUPFD || given[1] == F_DUPFD_CLOEXEC; }
static int locks(arguments given) {
    return given[1] == F_SETLK || given[1] == F_SETLKW || given[1] == F_OFD_SETLK || given[1] == F_OFD_SETLKW;
}

static const struct {
    const char *name;
    long number;
    // Nil: with any arguments.
    int (*fits)(arguments);
} calls[] = {
    { "create", SYS_openat, creates }, { "openat", SYS_openat, opens }, { "read", SYS_read, NULL },
    { "pread64", SYS_pread64, NULL }, { "write", SYS_write, NULL }, { "writev", SYS_writev, NULL },
    { "pwrite64", SYS_pwrite64, NULL }, { "fsync", SYS_fsync, NULL }, { "fdatasync", SYS_fdatasync, NULL },
    { "ftruncate", SYS_ftruncate, NULL }, { "fallocate", SYS_fallocate, NULL }, { "rename", SYS_renameat2, NULL },
    { "rename", SYS_renameat, NULL }, { "link", SYS_linkat, NULL }, { "unlink", SYS_unlinkat, NULL },
    { "mkdir", SYS_mkdirat, NULL }, { "fchmod", SYS_fchmod, NULL }, { "fchmod", SYS_fchmodat, NULL },
    { "lock", SYS_fcntl, locks }, { "duplicate", SYS_fcntl, duplicates }, { "flock", SYS_flock, NULL },
    { "mmap", SYS_mmap, NULL }, { "mprotect", SYS_mprotect, NULL }, { "munmap", SYS_munmap, NULL },
    { "mremap", SYS_mremap, NULL }, { "mlock", SYS_mlock, NULL },
    { "mlock", SYS_mlock2, NULL }, { "brk", SYS_brk, NULL },
    { "memfd_create", SYS_memfd_create, NULL }, { "socket", SYS_socket, NULL }, { "pipe", SYS_pipe2, NULL },
    { "thread", SYS_clone3, NULL },
#ifdef SYS_open
    { "rename", SYS_rename, NULL }, { "link", SYS_link, NULL }, { "unlink", SYS_unlink, NULL },
    { "unlink", SYS_rmdir, NULL }, { "mkdir", SYS_mkdir, NULL }, { "fchmod", SYS_chmod, NULL },
#endif
    // These two are looked at, and never fail.
    { NULL, SYS_prctl, NULL }, { NULL, SYS_execve, NULL },
};
enum { call_count = sizeof calls / sizeof calls[0] };

static const struct { const char *name; int number; } errors[] = {
    { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EINTR", EINTR }, { "EMFILE", EMFILE },
    { "ENOMEM", ENOMEM }, { "ENOLCK", ENOLCK }, { "EAGAIN", EAGAIN }, { "KILL", 0 },
};

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(125);
}

static void send_descriptor(int socket, int descriptor) {
    char byte = 0, control[CMSG_SPACE(sizeof descriptor)] = { 0 };
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ CMSG_LEN(sizeof descriptor), SOL_SOCKET, SCM_RIGHTS };
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    if (sendmsg(socket, &message, 0) != 1) _exit(125);
}

static int receive_descriptor(int socket) {
    char byte, control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    int descriptor;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message)) return -1;
    memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return descriptor;
}

static _Noreturn void become(char **command, int socket) {
    struct sock_filter filter[call_count + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
    for (int index = 0; index < call_count; index++)
        filter[index + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)calls[index].number,
                                                         call_count - index, 0);
    filter[call_count + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[call_count + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = { call_count + 3, filter };
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("prctl");
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0) fail("seccomp");
    send_descriptor(socket, listener);
    close(listener);
    execv(command[0], command);
    fail(command[0]);
}

// Whether a thread is one of the process, not of a child of it. The last answer is kept: most calls come in rows.
static int is_of(pid_t process, pid_t thread) {
    static pid_t last, last_group;
    if (thread == process) return 1;
    if (thread != last) {
        char path[64], line[128];
        snprintf(path, sizeof path, "/proc/%d/status", thread);
        FILE *status = fopen(path, "re");
        last = thread;
        last_group = 0;
        while (status && fgets(line, sizeof line, status)) if (sscanf(line, "Tgid: %d", &last_group) == 1) break;
        if (status) fclose(status);
    }
    return last_group == process;
}

int main(int count, char **values) {
    if (count < 6) return fprintf(stderr, "inject REPORT CALL WHEN WHAT PROGRAM ARGUMENTS…\n"), 125;
    const char *name = values[2];
    char *rest;
    long first = strtol(values[3], &rest, 10);
    int lasts = *rest == '+', error = atoi(values[4]), kills = strcmp(values[4], "KILL") == 0;
    for (size_t index = 0; index < sizeof errors / sizeof errors[0]; index++)
        if (strcmp(values[4], errors[index].name) == 0) error = errors[index].number;
    FILE *report = strcmp(values[1], "-") == 0 ? NULL : fopen(values[1], "we");

    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
    pid_t process = fork();
    if (process < 0) fail("fork");
    if (process == 0) become(values + 5, sockets[1]);
    close(sockets[1]);
    // What a terminal sends is the program's.
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);

    int listener = receive_descriptor(sockets[0]), ended = (int)syscall(SYS_pidfd_open, process, 0);
    if (listener < 0 || ended < 0) return 125;
    int counts = 0;
    long seen = 0;
    while (1) {
        struct pollfd awaited[] = { { listener, POLLIN, 0 }, { ended, POLLIN, 0 } };
        if (poll(awaited, 2, -1) < 0 && errno != EINTR) fail("poll");
        if (!(awaited[0].revents & POLLIN)) {
            if (awaited[1].revents) break;
            continue;
        }
        struct seccomp_notif call = { 0 };
        // A thread that was killed meanwhile waits no more.
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
        struct seccomp_notif_resp answer = { .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
        const char *found = NULL;
        for (int index = 0; index < call_count && !found; index++)
            if (calls[index].number == call.data.nr && (!calls[index].fits || calls[index].fits(call.data.args)))
                found = calls[index].name;
        if (is_of(process, (pid_t)call.pid)) {
            if (call.data.nr == SYS_prctl && call.data.args[0] == PR_SET_DUMPABLE) counts = 1;
            if (call.data.nr == SYS_execve) counts = 0;
            if (counts && found) {
                int meant = strcmp(found, name) == 0 && (++seen == first || (lasts && seen > first));
                if (report) fprintf(report, "%s %lld%s\n", found, (long long)call.data.args[0], meant ? " !" : "");
                if (report) fflush(report);
                if (meant && kills) {
                    kill(process, SIGKILL);
                } else if (meant) {
                    // brk(2) gives the end of the heap, a lower one than was asked for where it fails.
                    answer.error = call.data.nr == SYS_brk ? 0 : -error;
                    answer.flags = 0;
                }
            }
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    int status;
    waitpid(process, &status, 0);
    if (WIFSIGNALED(status)) {
        // Of the same signal, but without a core of ours.
        prctl(PR_SET_DUMPABLE, 0);
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}
