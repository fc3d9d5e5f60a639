/* jail.h -- one-way doors. A call returns ERR_OK only when its doors are shut behind us.
 *
 * The order of the steps matters (landlock needs a descriptor before descriptors are
 * forbidden; a change of user clears the parent-death signal) and each is fatal: a
 * process that cannot be jailed ends. seccomp alone closes every door; landlock,
 * namespaces, limits and the change of user stand behind it.
 *
 *   worker   jail_isolate, then memory and the Lua state, then jail_seal, then a byte of
 *            source. It may read and write descriptor 3 and exit.
 *   broker   loads its columns, then jail_seal. It may talk on the sockets it has, get
 *            memory and random bytes, and kill its worker.
 *   starter  may talk on its socket, start and kill the one program it was given.
 *   runner   jail_room_enter, then jail_seal: what the others may, and the vault's folder.
 *   server   a list of what no server does is refused, and of the file system it keeps
 *            what its paths say. The one role whose list names what is forbidden. */
#ifndef SANDBOX_JAIL_JAIL_H
#define SANDBOX_JAIL_JAIL_H

#include "datasite/base/err.h"

#include <stdint.h>
#include <sys/types.h>

#define JAIL_SOCKET     3  /* the worker's only descriptor */
#define JAIL_EXIT_FIRST 80 /* exit status of a worker whose n-th step failed: 80 + n */

enum jail_role {
    JAIL_WORKER,
    JAIL_BROKER,
    JAIL_STARTER,
    JAIL_RUNNER,
    JAIL_SERVER
};

/* What a process may do beneath a path; nothing elsewhere. */
enum jail_use {
    JAIL_USE_READ,
    JAIL_USE_WRITE, /* into files that are there: devices */
    JAIL_USE_KEEP   /* read and write, make and remove files and folders */
};
struct jail_path {
    const char *path; /* one that is not there is left out */
    enum jail_use use;
};

struct jail {
    enum jail_role role;
    int64_t memory_bytes, cpu_s;   /* ceilings of a worker */
    pid_t may_kill;                /* the broker's worker */
    int program_fd;                /* runner, starter: the one program they may start */
    const struct jail_path *paths; /* runner, server: what they keep */
    size_t paths_n;
    bool has_empty; /* broker: the room has an empty folder to go to */
    int status;     /* out: the exit status that names the failed step */
};

/* What stood when the jail was shut, as bits that fit a message. */
struct jail_layers {
    int landlock_abi;    /* 0: this kernel has none */
    unsigned namespaces; /* CLONE_NEW… flags that were granted */
};

enum err jail_isolate(
    struct diag *d, struct jail *j, struct jail_layers *got) NODISCARD;
enum err jail_seal(struct diag *d, struct jail *j) NODISCARD;
/* The step behind an exit status; NULL: not one of ours. */
const char *jail_step_name(int status);
/* "seccomp, landlock 7, user+pid+net+ipc+uts+mount namespaces" */
void jail_level(const struct jail_layers *got, char out[128]);

/* The mechanisms, one file each. */
int jail_landlock_abi(void); /* of this kernel; 0: it has none */
enum err jail_landlock(struct diag *d, const struct jail *j, int *abi) NODISCARD;
enum err jail_seccomp(struct diag *d, const struct jail *j) NODISCARD;

#endif
