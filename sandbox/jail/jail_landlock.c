/* jail_landlock.c -- what of the file system is left, no TCP, no signals out, no abstract
 * sockets: as far as this kernel knows it. A worker and a broker are left nothing. */
#include "sandbox/jail/jail.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS_RIGHTS_ABI_1      13                  /* execute … make_sym */
#define FS_REFER             (UINT64_C(1) << 13) /* since ABI 2 */
#define FS_TRUNCATE          (UINT64_C(1) << 14) /* since ABI 3 */
#define NET_BIND_AND_CONNECT 3U                  /* since ABI 4 */
#define SCOPE_SOCKETS        1U                  /* abstract ones, since ABI 6 */
#define SCOPE_SIGNALS        2U                  /* since ABI 6 */

#define FILE_READ  LANDLOCK_ACCESS_FS_READ_FILE
#define FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define FILE_RUN   (FILE_READ | LANDLOCK_ACCESS_FS_EXECUTE)
#define TREE_READ  (FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define TREE_KEEP                                                      \
    (TREE_READ | FILE_WRITE | FS_REFER | LANDLOCK_ACCESS_FS_MAKE_REG | \
        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
        LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* As <linux/landlock.h> of the newest kernels has it; older ones take a shorter one. */
struct ruleset {
    uint64_t fs, net, scoped;
};

static const struct {
    uint32_t net, scoped;
} reach[] = {
    [JAIL_WORKER] = {NET_BIND_AND_CONNECT, SCOPE_SOCKETS | SCOPE_SIGNALS},
    /* its worker was started outside, and must be killed from inside */
    [JAIL_BROKER] = {NET_BIND_AND_CONNECT, SCOPE_SOCKETS},
    [JAIL_STARTER] = {NET_BIND_AND_CONNECT, SCOPE_SOCKETS | SCOPE_SIGNALS},
    [JAIL_RUNNER] = {NET_BIND_AND_CONNECT, SCOPE_SOCKETS | SCOPE_SIGNALS},
    /* it listens, calls out, and kills its runner */
    [JAIL_SERVER] = {0, SCOPE_SOCKETS},
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

int
jail_landlock_abi(void)
{
    long known =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return known > 0 ? (int)known : 0;
}

static enum err
allow(struct diag *d, int ruleset, int fd, uint64_t rights, int abi)
{
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = rights & fs_rights(abi), .parent_fd = fd};

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
               0) == 0
        ? ERR_OK
        : FAIL(d, ERR_SANDBOX, "landlock_add_rule: %s", strerror(errno));
}

static enum err
allow_path(struct diag *d, int ruleset, const struct jail_path *p, int abi)
{
    static const uint64_t rights[] = {[JAIL_USE_READ] = TREE_READ,
        [JAIL_USE_WRITE] = FILE_READ | FILE_WRITE,
        [JAIL_USE_KEEP] = TREE_KEEP};
    FD_SCOPE(fd) = open(p->path, O_PATH | O_CLOEXEC);

    if (fd == -1 && errno == ENOENT)
        return ERR_OK;
    if (fd == -1)
        return FAIL(d, ERR_SANDBOX, "%s: %s", p->path, strerror(errno));
    return allow(d, ruleset, fd, rights[p->use], abi);
}

static enum err
restrict_self(struct diag *d, const struct jail *j, int ruleset, int abi)
{
    if (j->program_fd > 0)
        TRY(allow(d, ruleset, j->program_fd, FILE_RUN, abi));
    for (size_t i = 0; i < j->paths_n; i++)
        TRY(allow_path(d, ruleset, &j->paths[i], abi));
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        return FAIL(d, ERR_SANDBOX, "landlock_restrict_self: %s", strerror(errno));
    return ERR_OK;
}

enum err
jail_landlock(struct diag *d, const struct jail *j, int *abi)
{
    const int known = jail_landlock_abi();
    struct ruleset r = {.fs = fs_rights(known)};
    size_t bytes = sizeof r.fs;

    *abi = 0;
    if (known == 0) /* not in this kernel, or switched off: seccomp stands alone */
        return ERR_OK;
    CHECK((size_t)j->role < ARRAY_N(reach));
    if (known >= 4) {
        r.net = reach[j->role].net;
        bytes = 2 * sizeof r.fs;
    }
    if (known >= 6) {
        r.scoped = reach[j->role].scoped;
        bytes = sizeof r;
    }
    FD_SCOPE(fd) = (int)syscall(SYS_landlock_create_ruleset, &r, bytes, 0);
    if (fd == -1)
        return FAIL(d, ERR_SANDBOX, "landlock_create_ruleset: %s", strerror(errno));
    TRY(restrict_self(d, j, fd, known));
    *abi = known;
    return ERR_OK;
}
