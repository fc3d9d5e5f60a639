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
 *            memory and random bytes, and kill its worker. */
#ifndef SANDBOX_JAIL_H
#define SANDBOX_JAIL_H

#include "datasite/base/err.h"

#include <stdint.h>
#include <sys/types.h>

#define JAIL_SOCKET     3  /* the worker's only descriptor */
#define JAIL_EXIT_FIRST 80 /* exit status of a worker whose n-th step failed: 80 + n */

enum jail_role {
    JAIL_WORKER,
    JAIL_BROKER
};

struct jail {
    enum jail_role role;
    int64_t memory_bytes, cpu_s; /* ceilings of a worker */
    pid_t may_kill;              /* the broker's worker */
    int status;                  /* out: the exit status that names the failed step */
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

/* Forks into as many new namespaces as the kernel grants, none where it grants none. */
pid_t jail_ns_fork(unsigned *namespaces);
/* The mechanisms, one file each. */
enum err jail_landlock(struct diag *d, const struct jail *j, int *abi) NODISCARD;
enum err jail_seccomp(struct diag *d, const struct jail *j) NODISCARD;

#endif
