/* declared.h -- a declared schema and the table of a text, for fuzzers. A fuzzer is one
 * file linked with the product, so what they share is in line. */
#ifndef TESTS_FUZZ_DECLARED_H
#define TESTS_FUZZ_DECLARED_H

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"
#include "sandbox/table/csv.h"

/* The declaration is the fuzzer's own: it is right. */
static inline void
declared_schema(struct arena *a, const char *declared, struct schema *out)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    CHECK(json_parse(&d, str_of(declared), &doc) == ERR_OK);
    CHECK(schema_parse(&d, a, doc, out) == ERR_OK);
}

static inline enum err
declared_table(const struct schema *s, struct str csv, struct table *out,
    struct csv_report *report)
{
    static const uint8_t key[32];
    struct diag d = {0};
    FD_SCOPE(fd) = -1;

    CHECK(memfd_of(&d, "fuzz", csv, &fd) == ERR_OK);
    return table_from_csv(&d, s, fd, key, out, report);
}

/* Both for as long as the process lives. */
static inline void
declared_for_good(
    const char *declared, struct str csv, struct schema *schema, struct table *table)
{
    static struct arena *kept;
    struct csv_report report;

    kept = arena_new(1 << 20);
    declared_schema(kept, declared, schema);
    CHECK(declared_table(schema, csv, table, &report) == ERR_OK);
}

#endif
