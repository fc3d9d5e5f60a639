/* fuzz_csv.c -- uploads: any bytes load or are refused, in the declared shape. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "sandbox/csv.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char declared[] =
    "{\"unit\":{\"column\":\"id\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"id\",\"type\":\"id\"},"
    "{\"name\":\"n\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"9\"},"
    "{\"name\":\"x\",\"type\":\"decimal\",\"decimals\":2,\"lower\":\"-1\",\"upper\":"
    "\"1\"},"
    "{\"name\":\"c\",\"type\":\"category\",\"categories\":[\"A\",\"B\"]},"
    "{\"name\":\"d\",\"type\":\"date\"},{\"name\":\"b\",\"type\":\"boolean\"},"
    "{\"name\":\"t\",\"type\":\"text\"}]}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32];
    struct diag d = {0};
    struct schema schema;
    struct table table;
    struct csv_report report;
    json_auto_t *doc = NULL;
    ARENA_SCOPE(arena, 1 << 20);
    FD_SCOPE(fd) = -1;

    CHECK(json_parse(&d, STR(declared), &doc) == ERR_OK);
    CHECK(schema_parse(&d, arena, doc, &schema) == ERR_OK);
    CHECK(memfd_of(&d, "fuzz", (struct str){(const char *)data, size}, &fd) == ERR_OK);
    memset(&report, 0, sizeof report);
    if (table_from_csv(&d, &schema, fd, key, &table, &report) != ERR_OK) {
        CHECK(report.places_n <= CSV_PLACES_MAX);
        return 0;
    }
    CHECK(report.places_n == 0 && (int64_t)table.rows == report.rows);
    table_release(&table);
    return 0;
}
