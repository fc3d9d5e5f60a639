/* jail_ns.c -- namespaces: a bonus where the kernel grants them, never a requirement.
 *
 * Under the usual container profiles every one of them is refused; seccomp and landlock
 * do not depend on them. */
#include "sandbox/jail/jail_ns.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A network costs as much as all others together: one for the room. */
#define ROOM_SPACES   (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS)
#define WORKER_SPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC)

#define EMPTY "/empty"
#define SITE  "/proc" /* where the new root is put together: it is there and a folder */
#define BARE  (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static enum err
refused(struct diag *d, const char *call)
{
    return FAIL(d, ERR_SANDBOX, "%s: %s", call, strerror(errno));
}

static enum err
write_file(struct diag *d, const char *path, const char *text)
{
    FD_SCOPE(fd) = open(path, O_WRONLY | O_CLOEXEC);

    return fd == -1 ? refused(d, path) : fd_write_all(d, fd, text, strlen(text));
}

/* Inside, we are who we are outside. */
static enum err
map_self(struct diag *d, uid_t uid, gid_t gid)
{
    char map[64];

    TRY(write_file(d, "/proc/self/setgroups", "deny"));
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    TRY(write_file(d, "/proc/self/uid_map", map));
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return write_file(d, "/proc/self/gid_map", map);
}

/* Root needs no user namespace, and would lose its rights over others' files by one. */
static enum err
leave_others(struct diag *d, struct jail_room *room)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    unsigned spaces = ROOM_SPACES | (uid == 0 ? 0 : CLONE_NEWUSER);

    if (unshare((int)spaces) != 0)
        return refused(d, "unshare");
    room->namespaces = spaces & ~(unsigned)CLONE_NEWNS; /* not before it is emptied */
    return uid == 0 ? ERR_OK : map_self(d, uid, gid);
}

static enum err
put_folders(struct diag *d, const struct jail_folder *folders, size_t n)
{
    char at[64];

    if (mkdir(SITE EMPTY, 0555) != 0 || chmod(SITE EMPTY, 0555) != 0)
        return refused(d, "mkdir");
    for (size_t i = 0; i < n; i++) {
        snprintf(at, sizeof at, SITE "%s", folders[i].at);
        if (mkdir(at, 0555) != 0)
            return refused(d, "mkdir");
        if (mount(folders[i].from, at, NULL, MS_BIND | MS_REC, NULL) != 0)
            return refused(d, "bind");
    }
    if (mount(NULL, SITE, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | BARE, NULL) != 0)
        return refused(d, "remount");
    return ERR_OK;
}

/* The old root stacks on the new one's place for a moment, and is let go of. */
static enum err
change_root(struct diag *d)
{
    if (chdir(SITE) != 0 || syscall(SYS_pivot_root, ".", ".") != 0)
        return refused(d, "pivot_root");
    if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        return refused(d, "umount");
    return ERR_OK;
}

static enum err
empty_files(struct diag *d, const struct jail_folder *folders, size_t n)
{
    FD_SCOPE(here) = open(".", O_PATH | O_CLOEXEC);
    enum err e;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", SITE, "tmpfs", BARE, "size=64k,mode=0555") != 0)
        return refused(d, "mount");
    e = put_folders(d, folders, n);
    if (e == ERR_OK)
        e = change_root(d);
    if (e != ERR_OK) { /* all is as it was */
        (void)umount2(SITE, MNT_DETACH);
        (void)!fchdir(here);
    }
    return e;
}

void
jail_room_enter(const struct jail_folder *folders, size_t n, struct jail_room *room)
{
    struct diag d = {0};
    enum err e;

    *room = (struct jail_room){0};
    e = leave_others(&d, room);
    if (e == ERR_OK)
        e = empty_files(&d, folders, n);
    if (e != ERR_OK) {
        log_event(LOG_DEBUG, "jail.room", "not all namespaces are granted: %s", d.text);
        return;
    }
    room->namespaces |= CLONE_NEWNS;
    room->has_empty = true;
}

enum err
jail_room_leave_files(struct diag *d)
{
    return chroot(EMPTY) == 0 && chdir("/") == 0 ? ERR_OK : refused(d, "chroot");
}

pid_t
jail_ns_fork(const struct jail_room *room, unsigned *namespaces)
{
    const unsigned had = room->namespaces & ~(unsigned)WORKER_SPACES;
    const unsigned wanted[] = {
        WORKER_SPACES | (ROOM_SPACES & ~had),
        WORKER_SPACES,
    };

    for (size_t i = 0; i < ARRAY_N(wanted); i++) {
        *namespaces = had | wanted[i]; /* the child has its copy, too */
        pid_t pid =
            (pid_t)syscall(SYS_clone, wanted[i] | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid != -1)
            return pid;
    }
    *namespaces = room->namespaces;
    return fork();
}
