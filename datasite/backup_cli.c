/* backup_cli.c -- a site's folder copied while it runs, and made again from the copy. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/cli.h"
#include "datasite/datadir.h"
#include "datasite/manifest.h"
#include "datasite/options.h"
#include "datasite/store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What makes a site, in the order in which it is copied: the vault first, so that no
 * dataset version is known to the database whose columns the copy lacks. */
static const struct {
    const char *name;
    bool is_database;
    bool may_lack;       /* made only when first needed */
    const char *earlier; /* where earlier versions had it; NULL: there as well */
} parts[] = {
    {"vault/vault.db", true, true, "vault.db"},
    {"vault/vault.key", false, true, "vault.key"},
    {"keys/site.key", false, true, NULL},
    {"keys/site.pub", false, true, NULL},
    {"keys/token.key", false, true, NULL},
    {"datasite.db", true, false, NULL},
};
static const char *const folders[] = {"vault", "keys"};

/* Keys keep their mode: whoever may not read the one may not read the other. */
static enum err
copy_file(struct diag *d, const char *from, const char *to)
{
    struct stat st;
    enum err result;
    BUF_SCOPE(bytes);

    buf_init(&bytes, 4096);
    if (stat(from, &st) == -1)
        return FAIL(d, ERR_IO, "%s: %s", from, strerror(errno));
    TRY(file_read(d, from, &bytes));
    result = file_replace(d, to, buf_str(&bytes), (int)(st.st_mode & 0777));
    explicit_bzero(bytes.ptr, bytes.cap);
    return result;
}

static bool
is_empty(const char *dir)
{
    DIR *list = opendir(dir);
    size_t n = 0;

    if (list == NULL)
        return false;
    for (struct dirent *e; n == 0 && (e = readdir(list)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(list);
    return n == 0;
}

/* A folder that is there, such as a volume's, serves as long as nothing lies in it. */
static enum err
new_folder(struct diag *d, const char *dir)
{
    char path[DATADIR_PATH_MAX];

    if (mkdir(dir, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", dir, strerror(errno));
    if (!is_empty(dir)) {
        return FAIL(d, ERR_CONFLICT,
            "%s: something is there already; name a new or an empty folder", dir);
    }
    if (chmod(dir, 0700) == -1)
        return FAIL(d, ERR_IO, "%s: %s", dir, strerror(errno));
    for (size_t i = 0; i < ARRAY_N(folders); i++) {
        TRY(datadir_path(d, dir, folders[i], path));
        if (mkdir(path, 0700) == -1)
            return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return ERR_OK;
}

static enum err
copy_part(struct diag *d, size_t part, const char *from, const char *to)
{
    if (!parts[part].is_database)
        return copy_file(d, from, to);
    return backup_copy(d, from, to);
}

/* files: what was copied, by name and digest. */
static enum err
copy_site(struct diag *d, const char *from_dir, const char *to_dir, json_t *files)
{
    char from[DATADIR_PATH_MAX], to[DATADIR_PATH_MAX];
    struct datadir source;

    TRY(datadir_name(d, from_dir, &source));
    TRY(datadir_exists(d, &source));
    TRY(new_folder(d, to_dir));
    for (size_t i = 0; i < ARRAY_N(parts); i++) {
        TRY(datadir_path(d, from_dir, parts[i].name, from));
        if (parts[i].earlier != NULL && access(from, F_OK) == -1)
            TRY(datadir_path(d, from_dir, parts[i].earlier, from));
        TRY(datadir_path(d, to_dir, parts[i].name, to));
        if (parts[i].may_lack && access(from, F_OK) == -1)
            continue;
        TRY(copy_part(d, i, from, to));
        TRY(manifest_add(d, files, to_dir, parts[i].name));
        printf("%s\n", to);
    }
    return ERR_OK;
}

enum err
cmd_backup(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL, *to = NULL;
    struct words words;
    json_auto_t *files = json_object();
    const struct opt opts[] = {
        {.name = "--data", .value = &dir}, {.name = "--to", .value = &to}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 0, &words));
    if (dir == NULL || to == NULL)
        return FAIL(d, ERR_INVALID, "say --data DIR and --to NEW_DIR");
    TRY(copy_site(d, dir, to, files));
    TRY(manifest_write(d, files, to));
    printf("This copy holds the site's secret keys: keep it as safe as the site.\n");
    return ERR_OK;
}

enum err
cmd_restore(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL;
    json_auto_t *files = json_object();
    struct words words = {.name = "BACKUP_DIR"};
    const struct opt opts[] = {{.name = "--data", .value = &dir}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    if (dir == NULL)
        return FAIL(d, ERR_INVALID, "say --data NEW_DIR");
    TRY(manifest_check(d, words.word[0]));
    TRY(copy_site(d, words.word[0], dir, files));
    printf("`datasite serve --data %s` starts it.\n", dir);
    return ERR_OK;
}
