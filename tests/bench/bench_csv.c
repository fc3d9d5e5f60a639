/* bench_csv.c -- CSV text to encrypted columns, beside sqlite3 importing the same file.
 * Times are of the processor: what waits for the disk is bench_upload's. */
#include "datasite/base/arena.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"
#include "sandbox/vault/vault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ROWS 1000000

static const char schema_text_[] =
    "{\"columns\":[{\"name\":\"id\",\"type\":\"integer\"},"
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"},"
    "{\"name\":\"site\",\"type\":\"category\",\"categories\":[\"north\",\"south\","
    "\"east\","
    "\"west\"]},{\"name\":\"code\",\"type\":\"text\"},"
    "{\"name\":\"cost\",\"type\":\"decimal\",\"decimals\":2},"
    "{\"name\":\"died\",\"type\":\"boolean\"}]}";

/* Of this process, or of those that it waited for. */
static double
used_s(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
        (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
must(enum err err, const struct diag *d)
{
    if (err == ERR_OK)
        return;
    fprintf(stderr, "bench_csv: %s\n", d->text);
    exit(2);
}

static void
write_rows(const char *path)
{
    static const char *const sites[] = {"north", "south", "east", "west"};
    uint64_t x = 1;
    FILE *f = fopen(path, "w");

    fprintf(f, "id,age,site,code,cost,died\n");
    for (int i = 0; i < ROWS; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fprintf(f, "%d,%d,%s,E%02d.%d,%d.%02d,%s\n", i, (int)(x >> 33) % 121,
            sites[x >> 62], (int)(x >> 40 & 63), (int)(x >> 50 & 7),
            (int)(x >> 35 & 65535), (int)(x >> 20 & 63), x >> 63 ? "true" : "false");
    }
    fclose(f);
}

static double
time_sqlite(const char *folder)
{
    char command[512];
    double start = used_s(RUSAGE_CHILDREN);

    snprintf(command, sizeof command,
        "sqlite3 %s/rows.db 'pragma journal_mode=wal' '.mode csv' '.import %s/rows.csv "
        "t' "
        ">/dev/null 2>&1",
        folder, folder);
    if (system(command) != 0)
        return 0;
    return used_s(RUSAGE_CHILDREN) - start;
}

int
main(void)
{
    char folder[] = "/tmp/bench-csv-XXXXXX", path[64], db[64], key[64], clean[64];
    struct csv_report report;
    struct diag d = {0};
    struct schema s;
    struct vault *v;
    struct rusage usage;
    json_auto_t *doc = NULL;
    ARENA_SCOPE(a, 1 << 20);

    if (mkdtemp(folder) == NULL)
        return 2;
    snprintf(path, sizeof path, "%s/rows.csv", folder);
    snprintf(db, sizeof db, "%s/vault.db", folder);
    snprintf(key, sizeof key, "%s/vault.key", folder);
    snprintf(clean, sizeof clean, "rm -r %s", folder);
    write_rows(path);
    must(json_parse(&d, STR(schema_text_), &doc), &d);
    must(schema_parse(&d, a, doc, &s), &d);
    must(vault_open(&d, db, key, &v), &d);
    FD_SCOPE(fd) = open(path, O_RDONLY | O_CLOEXEC);
    double start = used_s(RUSAGE_SELF);
    must(vault_ingest(&d, v, "dst_bench", 1, &s, fd, &report), &d);
    double ours = used_s(RUSAGE_SELF) - start;
    vault_close(v);
    getrusage(RUSAGE_SELF, &usage);
    double theirs = time_sqlite(folder);
    printf("%d rows: %.0f rows/s in %.2f s, peak %ld MiB", ROWS, ROWS / ours, ours,
        usage.ru_maxrss / 1024);
    if (theirs > 0)
        printf("; sqlite3 .import %.0f rows/s: %.1fx", ROWS / theirs, theirs / ours);
    printf("\n");
    return system(clean) == 0 ? 0 : 2;
}
