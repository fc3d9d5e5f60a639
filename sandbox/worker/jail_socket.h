/* jail_socket.h -- whole messages over the one descriptor that a jailed worker has.
 *
 * Nothing here allocates. When the other end is gone, or sends what is no message, the
 * process ends: there is nobody to tell. */
#ifndef SANDBOX_WORKER_JAIL_SOCKET_H
#define SANDBOX_WORKER_JAIL_SOCKET_H

#include "sandbox/wire/frame.h"

#define JAIL_EXIT_PROTOCOL 72

void jail_socket_send(enum frame_type type, struct str body);
/* The head of the next message; its body is read next. */
enum frame_type jail_socket_head(size_t *len);
void jail_socket_read(void *p, size_t n);
/* A whole message into room; ends the process where it is larger. */
enum frame_type jail_socket_take(char *room, size_t room_bytes, struct str *body);

#endif
