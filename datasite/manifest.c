/* manifest.c -- what a backup consists of, file by file, so that damage is seen. */
#include "datasite/manifest.h"

#include "datasite/base/digest.h"
#include "datasite/base/fdio.h"
#include "datasite/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_BYTES_MAX ((size_t)64 << 10)
#define HEX_BYTES          65

static enum err
file_digest(struct diag *d, const char *path, char hex[HEX_BYTES])
{
    struct sha256 h;
    char chunk[64 << 10];
    ssize_t n;
    FD_SCOPE(fd) = open(path, O_RDONLY | O_CLOEXEC);

    sha256_init(&h);
    while (fd != -1 && (n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n == -1 && errno != EINTR)
            return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
        if (n > 0)
            sha256_add(&h, chunk, (size_t)n);
    }
    if (fd == -1) {
        return FAIL(d, errno == ENOENT ? ERR_CONFLICT : ERR_IO, "%s: %s", path,
            strerror(errno));
    }
    digest_text(sha256_end(&h), hex);
    return ERR_OK;
}

enum err
manifest_add(struct diag *d, json_t *files, const char *dir, const char *name)
{
    char path[DATADIR_PATH_MAX], hex[HEX_BYTES];

    TRY(datadir_path(d, dir, name, path));
    TRY(file_digest(d, path, hex));
    if (json_object_set_new(files, name, json_string(hex)) == -1)
        return FAIL(d, ERR_INTERNAL, "no memory for the list of files");
    return ERR_OK;
}

enum err
manifest_write(struct diag *d, json_t *files, const char *dir)
{
    json_auto_t *doc = json_pack("{s:O}", "files", files);
    char path[DATADIR_PATH_MAX];
    BUF_SCOPE(text);

    buf_init(&text, MANIFEST_BYTES_MAX);
    TRY(datadir_path(d, dir, MANIFEST_NAME, path));
    TRY(json_text(d, doc, &text));
    buf_addz(&text, "\n");
    return file_replace(d, path, buf_str(&text), 0600);
}

static enum err
check_file(struct diag *d, const char *dir, const char *name, const json_t *want)
{
    char path[DATADIR_PATH_MAX], hex[HEX_BYTES];
    const char *text = json_string_value(want);

    TRY(datadir_path(d, dir, name, path));
    TRY(file_digest(d, path, hex));
    if (text == NULL || strcmp(hex, text) != 0) {
        return FAIL(d, ERR_CONFLICT,
            "%s: it is not as it was copied; take another backup", path);
    }
    return ERR_OK;
}

static enum err
manifest_read(struct diag *d, const char *dir, json_t **doc, json_t **files)
{
    char path[DATADIR_PATH_MAX];
    struct diag why = {0};
    BUF_SCOPE(text);

    buf_init(&text, MANIFEST_BYTES_MAX);
    TRY(datadir_path(d, dir, MANIFEST_NAME, path));
    if (access(path, F_OK) == -1) {
        return FAIL(d, ERR_NOT_FOUND,
            "%s: no backup here; `datasite backup --data DIR --to NEW_DIR` makes one",
            dir);
    }
    TRY(file_read(d, path, &text));
    if (json_parse(&why, buf_str(&text), doc) != ERR_OK ||
        json_take(&why, *doc, "{s:o}", "files", files) != ERR_OK)
        return FAIL(d, ERR_CONFLICT, "%s: %s", path, why.text);
    return ERR_OK;
}

enum err
manifest_check(struct diag *d, const char *dir)
{
    json_auto_t *doc = NULL;
    json_t *files = NULL, *want;
    const char *name;

    TRY(manifest_read(d, dir, &doc, &files));
    json_object_foreach(files, name, want)
    {
        TRY(check_file(d, dir, name, want));
    }
    return ERR_OK;
}
