/* fuzz_csv.c -- uploads: any bytes load or are refused, in the declared shape. */
#include "tests/fuzz/declared.h"

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
    struct str csv = {(const char *)data, size};
    struct schema schema;
    struct table table;
    struct csv_report report = {0};
    ARENA_SCOPE(arena, 1 << 20);

    declared_schema(arena, declared, &schema);
    if (declared_table(&schema, csv, &table, &report) != ERR_OK) {
        CHECK(report.places_n <= CSV_PLACES_MAX);
        return 0;
    }
    CHECK(report.places_n == 0 && (int64_t)table.rows == report.rows);
    table_release(&table);
    return 0;
}
