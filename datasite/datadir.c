/* datadir.c -- what lies in a site's folder, and opening its database. */
#include "datasite/datadir.h"

#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/store/migrate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATIONS_MAX 256

enum err
datadir_path(
    struct diag *d, const char *dir, const char *name, char out[DATADIR_PATH_MAX])
{
    if (snprintf(out, DATADIR_PATH_MAX, "%s/%s", dir, name) >= DATADIR_PATH_MAX)
        return FAIL(d, ERR_INVALID, "%s: the path is too long", dir);
    return ERR_OK;
}

enum err
datadir_name(struct diag *d, const char *dir, struct datadir *out)
{
    if (dir == NULL || dir[0] == '\0')
        return FAIL(d, ERR_INVALID, "say where the data lie: --data DIR");
    if (snprintf(out->dir, sizeof out->dir, "%s", dir) >= (int)sizeof out->dir)
        return FAIL(d, ERR_INVALID, "%s: the path is too long", dir);
    TRY(datadir_path(d, dir, "datasite.db", out->database));
    TRY(datadir_path(d, dir, "vault", out->vault_dir));
    TRY(datadir_path(d, dir, "vault/vault.db", out->vault));
    TRY(datadir_path(d, dir, "vault/vault.key", out->vault_key));
    return datadir_path(d, dir, "keys", out->keys);
}

/* The database last: until it is moved, a start that was cut off is done again. */
static const char *const vault_files[] = {
    "vault.key", "vault.db-wal", "vault.db-shm", "vault.db"};

enum err
datadir_settle_vault(struct diag *d, const struct datadir *dir)
{
    char from[DATADIR_PATH_MAX], to[DATADIR_PATH_MAX];

    if (mkdir(dir->vault_dir, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", dir->vault_dir, strerror(errno));
    for (size_t i = 0; i < ARRAY_N(vault_files); i++) {
        TRY(datadir_path(d, dir->dir, vault_files[i], from));
        TRY(datadir_path(d, dir->vault_dir, vault_files[i], to));
        if (access(from, F_OK) == -1)
            continue;
        if (access(to, F_OK) == 0)
            return FAIL(d, ERR_CONFLICT, "both %s and %s are there", from, to);
        if (rename(from, to) == -1)
            return FAIL(d, ERR_IO, "%s: %s", from, strerror(errno));
    }
    return ERR_OK;
}

enum err
datadir_exists(struct diag *d, const struct datadir *dir)
{
    if (access(dir->database, F_OK) == 0)
        return ERR_OK;
    if (errno == EACCES) {
        return FAIL(d, ERR_IO,
            "%s: %s; whoever serves the site may look into it, or root", dir->dir,
            strerror(errno));
    }
    if (errno != ENOENT)
        return FAIL(d, ERR_IO, "%s: %s", dir->dir, strerror(errno));
    return FAIL(d, ERR_NOT_FOUND,
        "%s: no site here; `datasite serve --data %s` makes one", dir->dir, dir->dir);
}

/* The numbered files of schema/, which the table holds in the order of their names. */
static size_t
migrations(struct migration list[MIGRATIONS_MAX])
{
    const struct str folder = STR("schema/"), end = STR(".sql");
    size_t n = 0;

    for (size_t i = 0; i < embedded_n && n < MIGRATIONS_MAX; i++) {
        struct str path = str_of(embedded[i].path);
        const char *name = embedded[i].path + folder.len;
        if (!str_starts(path, folder) || strchr(name, '/') != NULL ||
            path.len < folder.len + end.len ||
            strcmp(path.ptr + path.len - end.len, end.ptr) != 0)
            continue;
        list[n++] = (struct migration){name, embedded[i].bytes};
    }
    return n;
}

enum err
datadir_prepare(struct diag *d, const struct datadir *dir, bool *is_new)
{
    struct migration list[MIGRATIONS_MAX];
    size_t n = migrations(list);
    int from, to;

    if (mkdir(dir->dir, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", dir->dir, strerror(errno));
    TRY(migrate_run(d, dir->database, list, n, &from, &to));
    *is_new = from == 0;
    return ERR_OK;
}

enum err
program_beside(struct diag *d, const char *name, char out[DATADIR_PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (n == -1)
        return FAIL(d, ERR_IO, "where this program lies: %s", strerror(errno));
    self[n] = '\0';
    slash = strrchr(self, '/');
    *slash = '\0';
    TRY(datadir_path(d, self, name, out));
    if (access(out, X_OK) == -1) {
        return FAIL(
            d, ERR_IO, "%s: %s; it belongs beside this program", out, strerror(errno));
    }
    return ERR_OK;
}

enum err
runner_beside(struct diag *d, struct runner **out)
{
    char runner_exe[DATADIR_PATH_MAX], worker_exe[DATADIR_PATH_MAX];
    const struct runner_config config = {
        .runner_exe = runner_exe, .worker_exe = worker_exe};

    TRY(program_beside(d, "datasite-runner", runner_exe));
    TRY(program_beside(d, "datasite-worker", worker_exe));
    return runner_start(d, &config, out);
}
