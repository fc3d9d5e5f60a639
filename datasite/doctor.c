/* doctor.c -- what this machine and this folder are fit for. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/core/audit.h"
#include "datasite/core/ledger.h"
#include "datasite/offline.h"
#include "datasite/options.h"
#include "datasite/store/backup.h"
#include "sandbox/client/runner_client.h"
#include "sandbox/jail/jail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FREE_BYTES_LEAST ((uint64_t)1 << 30)

/* One line of the report. */
static bool
tell(bool well, const char *what, const char *why)
{
    printf("%-4s  %-10s  %s\n", well ? "ok" : "FAIL", what, why);
    return well;
}

static enum err
self_test(struct diag *d, char level[128])
{
    struct runner *r = NULL;
    enum err result;

    TRY(runner_beside(d, &r));
    result = runner_selftest(r, d, level);
    runner_stop(r);
    return result;
}

/* What stands behind the filter, by the words of jail_level. Each is there or not; the
 * filter holds alone, and jail_minimum is where a site asks for more. */
static const struct {
    const char *word, *name, *what;
} layers[] = {
    {"seccomp", "seccomp", "a worker can read, write and end; all else kills it"},
    {"landlock", "landlock", "no files, no TCP, no signals to others"},
    {"user", "user", "a namespace: nobody's rights, whoever serves"},
    {"pid", "pid", "a namespace: no other process can be named"},
    {"net", "net", "a namespace: no network"},
    {"ipc", "ipc", "a namespace: no shared memory of others"},
    {"uts", "uts", "a namespace: no host name"},
    {"mount", "mount", "a namespace: no files but the vault's, none for a worker"},
};

/* "user+pid namespaces" has the word pid, and landlock has none of them in its name. */
static bool
has_word(const char *level, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = strstr(level, word); p != NULL; p = strstr(p + 1, word)) {
        bool starts = p == level || strchr(" +", p[-1]) != NULL;
        if (starts && strchr(" +,", p[n]) != NULL)
            return true;
    }
    return false;
}

static void
tell_layers(const char *level)
{
    char text[96];

    for (size_t i = 0; i < ARRAY_N(layers); i++) {
        bool there = has_word(level, layers[i].word);
        printf("%-4s  %-10s  %s\n", there ? "ok" : "none", layers[i].name,
            there ? layers[i].what : "this kernel grants none here");
    }
    snprintf(text, sizeof text, "%s, number %u; landlock of this kernel: ABI %d",
        geteuid() == 0 ? "root" : "an ordinary user", (unsigned)geteuid(),
        jail_landlock_abi());
    (void)tell(true, "as", text);
}

static bool
check_jail(void)
{
    struct diag d = {0};
    char level[128] = "";
    bool well = self_test(&d, level) == ERR_OK;

    (void)tell(well, "jail", well ? level : d.text);
    if (well)
        tell_layers(level);
    return well;
}

static bool
check_space(const char *dir)
{
    struct statvfs v;
    char text[64];
    uint64_t bytes;

    if (statvfs(dir, &v) == -1)
        return tell(false, "space", "cannot be told");
    bytes = (uint64_t)v.f_bavail * v.f_frsize;
    snprintf(text, sizeof text, "%" PRIu64 " MiB free", bytes >> 20);
    return tell(bytes >= FREE_BYTES_LEAST, "space", text);
}

/* Whoever may not enter the folder reads nothing in it. */
static bool
check_modes(const struct datadir *dir)
{
    const char *const paths[] = {dir->dir, dir->keys, dir->vault_dir};
    char text[DATADIR_PATH_MAX + 64];
    struct stat st;

    for (size_t i = 0; i < ARRAY_N(paths); i++) {
        if (stat(paths[i], &st) == -1 || (st.st_mode & 077) == 0)
            continue;
        snprintf(text, sizeof text, "%s: others may enter it; chmod go= mends that",
            paths[i]);
        return tell(false, "modes", text);
    }
    return tell(true, "modes", "nobody else may enter the site's folder");
}

static bool
check_database(const char *what, const char *path)
{
    struct diag d = {0};
    bool well;

    if (access(path, F_OK) == -1)
        return tell(true, what, "not there yet");
    well = backup_verify(&d, path) == ERR_OK;
    return tell(well, what, well ? "whole" : d.text);
}

static bool
check_audit(const char *dir)
{
    struct diag d = {0};
    struct digest head;
    int64_t entries = 0, first_bad = 0;
    char text[64];
    enum err result;
    OFFLINE_SCOPE(o);

    result = offline_open(&d, dir, false, DB_RO, &o);
    if (result == ERR_OK)
        result = offline_fail(
            &d, &o, audit_verify(&o.cx, NULL, &entries, &head, &first_bad));
    if (result != ERR_OK)
        return tell(false, "audit", d.text);
    snprintf(text, sizeof text, "the chain of %" PRId64 " entries holds", entries);
    tell(true, "audit", text);
    result = offline_fail(&d, &o, ledger_verify_all(&o.cx));
    return tell(result == ERR_OK, "ledger", result == ERR_OK ? "it adds up" : d.text);
}

static bool
check_folder(const struct datadir *dir)
{
    bool well = check_space(dir->dir);

    well &= check_modes(dir);
    well &= check_database("database", dir->database);
    well &= check_database("vault", dir->vault);
    return well & check_audit(dir->dir);
}

enum err
cmd_doctor(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *path = NULL;
    struct datadir dir;
    struct words words;
    bool well;
    const struct opt opts[] = {{.name = "--data", .value = &path}};

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 0, &words));
    if (path != NULL) {
        TRY(datadir_name(d, path, &dir));
        TRY(datadir_exists(d, &dir));
    }
    well = check_jail();
    if (path != NULL)
        well &= check_folder(&dir);
    *answer = well ? ANSWER_YES : ANSWER_NO;
    return ERR_OK;
}
