/* fdio.c -- whole reads and writes, memory files, and descriptors as scopes. */
#include "datasite/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void
fd_close_p(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

enum err
fd_write_all(struct diag *d, int fd, const void *p, size_t n)
{
    const char *at = p;

    while (n > 0) {
        ssize_t got = write(fd, at, n);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return FAIL(d, ERR_IO, "writing failed: %s", strerror(errno));
        at += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

enum err
fd_read_all(struct diag *d, int fd, struct buf *out)
{
    char chunk[16 << 10];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return FAIL(d, ERR_IO, "reading failed: %s", strerror(errno));
        if (got == 0)
            return ERR_OK;
        buf_add(out, chunk, (size_t)got);
        if (out->full)
            return FAIL(d, ERR_TOO_LARGE, "more than %zu bytes", out->max);
    }
}

enum err
file_read(struct diag *d, const char *path, struct buf *out)
{
    FD_SCOPE(fd) = open(path, O_RDONLY | O_CLOEXEC);
    struct diag quiet = {0};
    enum err result;

    if (fd == -1) {
        return FAIL(d, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path,
            strerror(errno));
    }
    result = fd_read_all(&quiet, fd, out);
    if (result != ERR_OK)
        return FAIL(d, result, "%s: %s", path, quiet.text);
    return ERR_OK;
}

/* A name in a folder is durable only when the folder is. */
static enum err
folder_sync(struct diag *d, const char *path)
{
    char folder[PATH_MAX];
    char *slash;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    FD_SCOPE(fd) =
        open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 || fsync(fd) == -1) {
        return FAIL(
            d, ERR_IO, "%s: its folder cannot be synced: %s", path, strerror(errno));
    }
    return ERR_OK;
}

static enum err
file_fill(struct diag *d, int fd, const char *path, struct str bytes, int mode)
{
    TRY(fd_write_all(d, fd, bytes.ptr, bytes.len));
    if (fchmod(fd, (mode_t)mode) == -1 || fsync(fd) == -1)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    return ERR_OK;
}

enum err
file_replace(struct diag *d, const char *path, struct str bytes, int mode)
{
    char beside[PATH_MAX];
    enum err failure;

    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
        return FAIL(d, ERR_IO, "%s: the name is too long", path);
    FD_SCOPE(fd) = mkostemp(beside, O_CLOEXEC);
    if (fd == -1)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    failure = file_fill(d, fd, path, bytes, mode);
    if (failure == ERR_OK && rename(beside, path) == -1)
        failure = FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    if (failure != ERR_OK) {
        unlink(beside);
        return failure;
    }
    return folder_sync(d, path);
}

enum err
memfd_of(struct diag *d, const char *name, struct str bytes, int *fd)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    FD_SCOPE(mem) = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (mem == -1)
        return FAIL(d, ERR_IO, "no memory file: %s", strerror(errno));
    TRY(fd_write_all(d, mem, bytes.ptr, bytes.len));
    if (lseek(mem, 0, SEEK_SET) == -1 || fcntl(mem, F_ADD_SEALS, seals) == -1)
        return FAIL(d, ERR_IO, "no memory file: %s", strerror(errno));
    *fd = mem;
    mem = -1; // NOLINT(clang-analyzer-deadcode.DeadStores) its scope reads it
    return ERR_OK;
}
