/* jail_socket.c -- whole messages over the one descriptor that a jailed worker has. */
#include "sandbox/worker/jail_socket.h"

#include "sandbox/jail/jail.h"

#include <unistd.h>

static void
write_all(const void *p, size_t n)
{
    for (const char *at = p; n > 0;) {
        ssize_t done = write(JAIL_SOCKET, at, n);
        if (done <= 0)
            _exit(JAIL_EXIT_PROTOCOL);
        at += done;
        n -= (size_t)done;
    }
}

void
jail_socket_read(void *p, size_t n)
{
    for (char *at = p; n > 0;) {
        ssize_t done = read(JAIL_SOCKET, at, n);
        if (done <= 0)
            _exit(JAIL_EXIT_PROTOCOL);
        at += done;
        n -= (size_t)done;
    }
}

void
jail_socket_send(enum frame_type type, struct str body)
{
    uint8_t head[FRAME_HEAD_BYTES];

    frame_head_put(head, type, body.len);
    write_all(head, sizeof head);
    write_all(body.ptr, body.len);
}

enum frame_type
jail_socket_head(size_t *len)
{
    uint8_t head[FRAME_HEAD_BYTES];
    enum frame_type type;

    jail_socket_read(head, sizeof head);
    if (!frame_head_get(head, &type, len))
        _exit(JAIL_EXIT_PROTOCOL);
    return type;
}

enum frame_type
jail_socket_take(char *room, size_t room_bytes, struct str *body)
{
    size_t n;
    enum frame_type type = jail_socket_head(&n);

    if (n > room_bytes)
        _exit(JAIL_EXIT_PROTOCOL);
    jail_socket_read(room, n);
    *body = (struct str){room, n};
    return type;
}
