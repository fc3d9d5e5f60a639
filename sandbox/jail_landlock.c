/* jail_landlock.c -- nothing of the file system, no TCP, no signals out, no abstract
 * sockets: landlock with no rules at all, as far as this kernel knows it. */
#include "sandbox/jail.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1U
#define FS_RIGHTS_ABI_1        13 /* execute … make_sym */
#define NET_BIND_AND_CONNECT   3U /* since ABI 4 */
#define SCOPE_SOCKETS          1U /* abstract ones, since ABI 6 */
#define SCOPE_SIGNALS          2U /* since ABI 6 */

/* As <linux/landlock.h> of the newest kernels has it; older ones take a shorter one. */
struct ruleset {
    uint64_t fs, net, scoped;
};

/* Every file right that this ABI knows. */
static uint64_t
fs_rights(int abi)
{
    int n = FS_RIGHTS_ABI_1;

    n += abi >= 2; /* refer */
    n += abi >= 3; /* truncate */
    n += abi >= 5; /* ioctl on devices */
    return (UINT64_C(1) << n) - 1;
}

enum err
jail_landlock(struct diag *d, const struct jail *j, int *abi)
{
    struct ruleset r = {0};
    size_t bytes = sizeof r.fs;
    long fd;

    *abi = 0;
    long known = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (known <= 0) /* not in this kernel, or switched off: seccomp stands alone */
        return ERR_OK;
    r.fs = fs_rights((int)known);
    if (known >= 4) {
        r.net = NET_BIND_AND_CONNECT;
        bytes = 2 * sizeof r.fs;
    }
    if (known >= 6) {
        /* the broker's worker was started outside, and must be killed from inside */
        r.scoped = SCOPE_SOCKETS | (j->role == JAIL_WORKER ? SCOPE_SIGNALS : 0);
        bytes = sizeof r;
    }
    fd = syscall(SYS_landlock_create_ruleset, &r, bytes, 0);
    if (fd == -1)
        return FAIL(d, ERR_SANDBOX, "landlock_create_ruleset: %s", strerror(errno));
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        return FAIL(d, ERR_SANDBOX, "landlock_restrict_self: %s", strerror(errno));
    close((int)fd);
    *abi = (int)known;
    return ERR_OK;
}
