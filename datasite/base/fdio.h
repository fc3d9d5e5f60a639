/* fdio.h -- whole reads and writes, memory files, and descriptors as scopes. */
#ifndef DATASITE_BASE_FDIO_H
#define DATASITE_BASE_FDIO_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"

void fd_close_p(int *fd); /* for FD_SCOPE; -1 is fine */
#define FD_SCOPE(name) int name __attribute__((cleanup(fd_close_p)))

enum err fd_write_all(struct diag *d, int fd, const void *p, size_t n) NODISCARD;
enum err fd_read_all(
    struct diag *d, int fd, struct buf *out) NODISCARD; /* to the end */
enum err file_read(struct diag *d, const char *path, struct buf *out) NODISCARD;
/* Writes beside, fsyncs, renames over, fsyncs the folder. */
enum err file_replace(
    struct diag *d, const char *path, struct str bytes, int mode) NODISCARD;
/* An anonymous file holding bytes, sealed against change, offset at 0. *fd is the caller's. */
enum err memfd_of(
    struct diag *d, const char *name, struct str bytes, int *fd) NODISCARD;

#endif
