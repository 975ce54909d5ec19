#define _GNU_SOURCE
#include "CVaultLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// sock_diag(7). The tables of /proc/net tell the same, but skip rows while sockets come and go, and grow with them.

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

static int open_diagnosis(int *file) {
    *file = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (*file < 0) return errno;
    struct timeval patience = { .tv_sec = 2 };
    if (setsockopt(*file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0) return 0;
    int failure = errno;
    close(*file);
    return failure;
}

/// Whether a listening socket gets what goes to an address; of IPv6 those that listen on all addresses get IPv4's, too,
/// unless they are for IPv6 alone.
static int gets(const struct inet_diag_msg *found, size_t length, const struct cvault_address *peer) {
    static const unsigned char none[16], mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    const unsigned char *own = (const unsigned char *)found->id.idiag_src;
    if (found->idiag_family == AF_INET)
        return peer->family == AF_INET && (memcmp(own, none, 4) == 0 || memcmp(own, peer->bytes, 4) == 0);
    if (found->idiag_family != AF_INET6) return 0;
    if (peer->family == AF_INET6) return memcmp(own, none, 16) == 0 || memcmp(own, peer->bytes, 16) == 0;
    if (memcmp(own, mapped, 12) == 0) return memcmp(own + 12, none, 4) == 0 || memcmp(own + 12, peer->bytes, 4) == 0;
    if (memcmp(own, none, 16) != 0) return 0;
    size_t left = length - NLMSG_ALIGN(sizeof *found);
    const char *position = (const char *)found + NLMSG_ALIGN(sizeof *found);
    while (left >= sizeof(struct nlattr)) {
        const struct nlattr *attribute = (const struct nlattr *)position;
        size_t size = NLA_ALIGN(attribute->nla_len);
        if (attribute->nla_len < sizeof *attribute || size > left) break;
        if (attribute->nla_type == INET_DIAG_SKV6ONLY && attribute->nla_len > sizeof *attribute) return !position[NLA_HDRLEN];
        left -= size;
        position += size;
    }
    return 1;
}

int cvault_address_read(const char *text, uint16_t port, struct cvault_address *address) {
    memset(address, 0, sizeof *address);
    address->port = htons(port);
    address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(address->family, text, address->bytes) == 1 ? 0 : EINVAL;
}

int cvault_listeners(const struct cvault_address *peer, uint32_t *users, size_t capacity, size_t *count) {
    int file, before = errno, result = open_diagnosis(&file);
    *count = 0;
    if (result != 0) {
        errno = before;
        return result;
    }
    static const unsigned char families[] = { AF_INET, AF_INET6 };
    for (size_t index = 0; index < 2 && result == 0; index++) {
        struct request request = {
            .header = { .nlmsg_len = sizeof request,
                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
            .body = { .sdiag_family = families[index],
                      .sdiag_protocol = IPPROTO_TCP,
                      .idiag_states = 1u << TCP_LISTEN,
                      .id = { .idiag_sport = peer->port } },
        };
        if (send(file, &request, sizeof request, 0) != (ssize_t)sizeof request) result = errno ? errno : EIO;
        for (int isDone = 0; result == 0 && !isDone;) {
            _Alignas(struct nlmsghdr) char buffer[16384];
            ssize_t got = recv(file, buffer, sizeof buffer, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) {
                result = got < 0 ? errno : EIO;
                break;
            }
            size_t left = (size_t)got;
            for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, left);
                 message = NLMSG_NEXT(message, left)) {
                // A dump that another change came into may have left something out.
                if (message->nlmsg_flags & NLM_F_DUMP_INTR) result = EAGAIN;
                if (message->nlmsg_type == NLMSG_DONE) isDone = 1;
                if (message->nlmsg_type == NLMSG_ERROR) result = -((struct nlmsgerr *)NLMSG_DATA(message))->error;
                if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || result != 0) continue;
                const struct inet_diag_msg *found = NLMSG_DATA(message);
                if (found->id.idiag_sport != peer->port || !gets(found, message->nlmsg_len - NLMSG_HDRLEN, peer)) continue;
                if (*count == capacity) result = ENOBUFS;
                else users[(*count)++] = found->idiag_uid;
            }
        }
    }
    close(file);
    errno = before;
    return result;
}

int cvault_accepted_by(const struct cvault_address *peer, const struct cvault_address *own, uint32_t *user) {
    int file, before = errno, result = open_diagnosis(&file);
    if (result != 0) {
        errno = before;
        return result;
    }
    struct request request = {
        .header = { .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
        .body = { .sdiag_family = peer->family,
                  .sdiag_protocol = IPPROTO_TCP,
                  .idiag_states = ~0u,
                  .id = { .idiag_sport = peer->port,
                          .idiag_dport = own->port,
                          .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } } },
    };
    memcpy(request.body.id.idiag_src, peer->bytes, 16);
    memcpy(request.body.id.idiag_dst, own->bytes, 16);
    if (send(file, &request, sizeof request, 0) != (ssize_t)sizeof request) result = errno ? errno : EIO;
    while (result == 0) {
        _Alignas(struct nlmsghdr) char buffer[4096];
        ssize_t got = recv(file, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) continue;
        const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
        if (got < 0) result = errno;
        else if (!NLMSG_OK(message, (size_t)got)) result = EIO;
        else if (message->nlmsg_type == NLMSG_ERROR) result = -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
        else if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) result = EIO;
        else {
            *user = ((const struct inet_diag_msg *)NLMSG_DATA(message))->idiag_uid;
            break;
        }
    }
    close(file);
    errno = before;
    return result;
}

int cvault_send_datagram(const char *path, const uint8_t *bytes, size_t count) {
    struct sockaddr_un peer = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    if (length >= sizeof peer.sun_path) return ENAMETOOLONG;
    memcpy(peer.sun_path, path, length);
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) return errno;
    ssize_t sent = sendto(file, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&peer, sizeof peer);
    int failure = sent < 0 ? errno : 0;
    close(file);
    return failure;
}
