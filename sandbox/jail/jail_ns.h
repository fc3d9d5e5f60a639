/* jail_ns.h -- namespaces: a bonus where the kernel grants them, never a requirement.
 *
 * The runner enters a room of its own once: no network, no shared memory or host name of
 * others, and a file system that holds the folders it was given and an empty one. What it
 * starts inherits the room; each worker gets its own users, processes and shared memory
 * besides, and the empty folder for its root. */
#ifndef SANDBOX_JAIL_JAIL_NS_H
#define SANDBOX_JAIL_JAIL_NS_H

#include "datasite/base/err.h"

#include <sys/types.h>

struct jail_room {
    unsigned namespaces; /* CLONE_NEW… flags that all inside live in */
    bool has_empty;      /* the file system is emptied, but for the room's folders */
};
struct jail_folder {
    const char *from; /* outside */
    const char *at;   /* inside: "/vault" */
};

/* Whatever is refused is left out, with a line in the log. */
void jail_room_enter(
    const struct jail_folder *folders, size_t n, struct jail_room *room);
/* Goes into the room's empty folder, from where nothing else can be named. */
enum err jail_room_leave_files(struct diag *d) NODISCARD;

/* Forks into what a worker gets besides the room, as far as the kernel grants it;
 * *namespaces: all that the child lives in. */
pid_t jail_ns_fork(const struct jail_room *room, unsigned *namespaces);

#endif
