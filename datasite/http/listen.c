/* listen.c -- sockets that listen. */
#include "datasite/http/listen.h"

#include "datasite/base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG_N 511

/* -1 with errno: it cannot be had. */
static int
socket_on(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;

    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG_N) == 0)
        return fd;
    yes = errno;
    close(fd);
    errno = yes;
    return -1;
}

enum err
listen_on(struct diag *d, const char *host, int port, int *fd)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];

    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL)
        return FAIL(d, ERR_INVALID, "%s is not an address of this machine", host);
    *fd = socket_on(found);
    freeaddrinfo(found);
    if (*fd == -1)
        return FAIL(
            d, ERR_IO, "cannot listen on %s:%d: %s", host, port, strerror(errno));
    return ERR_OK;
}

int
listen_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;

    CHECK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    return a.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&a)->sin6_port)
                                   : ntohs(((struct sockaddr_in *)&a)->sin_port);
}

bool
listen_is_local(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
        strcmp(host, "localhost") == 0;
}
