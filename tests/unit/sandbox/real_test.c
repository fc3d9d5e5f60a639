/* real_test.c -- questions over real files, against numbers computed some other way.
 *
 * The files are not part of the tree; without them the tests say that they were skipped. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/fdio.h"
#include "datasite/base/json.h"
#include "policies/suggest.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "../shared/data/"

static bool
absent(const char *name, struct buf *csv)
{
    struct diag d = {0};

    buf_init(csv, (size_t)64 << 20);
    if (file_read(&d, name, csv) == ERR_OK)
        return false;
    fprintf(stderr, "skipped: %s is not there\n", name); /* a warning would fail */
    return true;
}

/* The schema that is suggested, with another unit. */
static char *
suggested(const char *csv, const char *unit)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(schema_suggest(&d, str_of(csv), &doc), ERR_OK, "%s", d.text);
    if (unit != NULL) {
        json_object_set_new(
            doc, "unit", json_pack("{s:s, s:i}", "column", unit, "max_rows", 9));
        json_t *columns = json_object_get(doc, "columns");
        for (size_t i = 0; i < json_array_size(columns); i++) {
            json_t *c = json_array_get(columns, i);
            if (strcmp(json_string_value(json_object_get(c, "name")), unit) == 0) {
                json_object_clear(c);
                json_object_set_new(c, "name", json_string(unit));
                json_object_set_new(c, "type", json_string("id"));
            }
        }
    }
    return json_dumps(doc, 0);
}

/* The sum of a column's integers, and how many there are, by splitting at commas: the
 * files have no quotes. */
static void
plain_sum(const char *csv, size_t column, int64_t *sum, int64_t *n)
{
    const char *line = strchr(csv, '\n') + 1;

    *sum = *n = 0;
    while (*line != '\0') {
        const char *p = line;
        for (size_t i = 0; i < column; i++)
            p = strchr(p, ',') + 1;
        if (*p != ',' && *p != '\n') {
            *sum += (int64_t)strtod(p, NULL); /* some are 1e+05 */
            ++*n;
        }
        line = strchrnul(line, '\n');
        line += *line != '\0';
    }
}

static int64_t
value_of(const char *json)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(json_parse(&d, str_of(json), &doc), ERR_OK, "%s", json);
    return json_integer_value(json_object_get(doc, "value"));
}

Test(real, sums_of_encounters_are_a_spreadsheets)
{
    BUF_SCOPE(csv);
    struct made_table m;
    int64_t sum, n;

    if (absent(FOLDER "diabetes_encounters.csv", &csv))
        return;
    char *schema = suggested(csv.ptr, "patient_nbr");
    cr_assert_eq(made_table(&m, schema, csv.ptr), ERR_OK, "%s", m.diag.text);
    cr_expect_eq(m.table.rows, 5399);
    cr_expect_eq(m.table.units->n, 4574);
    cr_expect_eq(value_of(exactly(&m, "", "{\"kind\":\"count\"}")), 5399);
    cr_expect_eq(value_of(exactly(&m, "", "{\"kind\":\"count_units\"}")), 4574);
    for (size_t c = 8; c < 16; c++) {
        const char *name = m.schema.columns[c].name;
        const char *measure =
            arena_strf(m.arena, "{\"kind\":\"sum\",\"column\":\"%s\"}", name);
        plain_sum(csv.ptr, c, &sum, &n);
        cr_expect_eq(value_of(exactly(&m, "", measure)), sum, "%s", name);
        cr_expect_eq(n, 5399);
    }
    plain_sum(csv.ptr, 8, &sum, &n);
    double mean = (double)value_of(exactly(
                      &m, "", "{\"kind\":\"mean\",\"column\":\"time_in_hospital\"}")) /
        1e12;
    cr_expect_float_eq(mean, (double)sum / (double)n, 1e-11);
    /* grep -c ',\[70-80),' and the like */
    cr_expect_not_null(
        strstr(exactly(&m, "{\"op\":\"where\",\"expr\":\"age == '[70-80)'\"}",
                   "{\"kind\":\"count\"}"),
            "\"value\":1412,"));
    cr_expect_not_null(
        strstr(exactly(&m,
                   "{\"op\":\"where\",\"expr\":\"row['glyburide-metformin'] == 'No'\"}",
                   "{\"kind\":\"count\"}"),
            "\"value\":5398,"));
    made_table_release(&m);
    free(schema);
}

Test(real, three_rows_a_person_are_kept)
{
    BUF_SCOPE(csv);
    struct made_table m;

    if (absent(FOLDER "diabetes_encounters.csv", &csv))
        return;
    char *schema = suggested(csv.ptr, "patient_nbr");
    cr_assert_eq(made_table(&m, schema, csv.ptr), ERR_OK, "%s", m.diag.text);
    int64_t kept = 0;
    for (size_t i = 0; i < m.table.units->n; i++) {
        int64_t n = m.table.units->starts[i + 1] - m.table.units->starts[i];
        kept += n < 3 ? n : 3;
    }
    cr_expect_eq(value_of(exactly(&m, "{\"op\":\"truncate\",\"rows\":\"3\"}",
                     "{\"kind\":\"count\"}")),
        kept);
    cr_expect_lt(kept, 5399);
    made_table_release(&m);
    free(schema);
}

Test(real, other_files_load_and_add_up)
{
    static const struct {
        const char *name, *column;
        size_t at;
        int64_t rows;
    } files[] = {
        {FOLDER "diabetes_readmissions.csv", "time_in_hospital", 2, 101766},
        {FOLDER "pums_california_1000.csv", "income", 4, 1000},
        {FOLDER "pums_california_1000.csv", "age", 0, 1000},
        {FOLDER "wisconsin_breast_cancer.csv", "rownames", 0, 569},
        {FOLDER "rotterdam_breast_cancer.csv", "dtime", 14, 2982},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        BUF_SCOPE(csv);
        struct made_table m;
        int64_t sum, n;
        if (absent(files[i].name, &csv))
            continue;
        char *schema = suggested(csv.ptr, NULL);
        json_auto_t *doc = json_loads(schema, 0, NULL);
        json_object_set_new(doc, "unit", json_null());
        free(schema);
        schema = json_dumps(doc, 0);
        cr_assert_eq(made_table(&m, schema, csv.ptr), ERR_OK, "%s: %s", files[i].name,
            m.diag.text);
        plain_sum(csv.ptr, files[i].at, &sum, &n);
        cr_expect_eq(value_of(exactly(&m, "", "{\"kind\":\"count\"}")), files[i].rows);
        cr_expect_eq(value_of(exactly(&m, "",
                         arena_strf(m.arena, "{\"kind\":\"sum\",\"column\":\"%s\"}",
                             files[i].column))),
            sum, "%s", files[i].name);
        made_table_release(&m);
        free(schema);
    }
}

Test(real, decimals_of_wisconsin_are_exact)
{
    BUF_SCOPE(csv);
    struct made_table m;

    if (absent(FOLDER "wisconsin_breast_cancer.csv", &csv))
        return;
    char *schema = suggested(csv.ptr, NULL);
    cr_assert_eq(made_table(&m, schema, csv.ptr), ERR_OK, "%s", m.diag.text);
    /* as Python's decimal module adds them up */
    cr_expect_not_null(
        strstr(exactly(&m, "", "{\"kind\":\"sum\",\"column\":\"radius_mean\"}"),
            "\"value\":8038429,\"decimals\":3"),
        "%s", exactly(&m, "", "{\"kind\":\"sum\",\"column\":\"radius_mean\"}"));
    cr_expect_not_null(
        strstr(exactly(&m, "", "{\"kind\":\"sum\",\"column\":\"compactness_sd\"}"),
            "\"value\":14497061,\"decimals\":6"),
        "%s", exactly(&m, "", "{\"kind\":\"sum\",\"column\":\"compactness_sd\"}"));
    made_table_release(&m);
    free(schema);
}
