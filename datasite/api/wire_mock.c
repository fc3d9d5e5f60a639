/* wire_mock.c -- what the comparison of a mock with the data says, as JSON. */
#include "datasite/api/wire_mock.h"

#include <stdio.h>

static void
errors_append(json_t *errors, const char *column, unsigned broken_rules)
{
    char pointer[96];

    snprintf(pointer, sizeof pointer, "/columns/%s", column);
    for (int r = 0; r < SDC_MOCK_RULES_N; r++) {
        enum sdc_mock_rule rule = (enum sdc_mock_rule)r;
        if ((broken_rules & 1u << r) == 0)
            continue;
        json_array_append_new(errors,
            json_pack("{s:s, s:s, s:s, s:s}", "pointer", pointer, "detail",
                sdc_mock_text(rule), "name", column, "rule", sdc_mock_name(rule)));
    }
}

json_t *
mock_leak_to_json(const struct schema *s, const struct mock_report *r)
{
    json_t *columns = json_array(), *errors = json_array();

    for (size_t i = 0; i < r->columns_n; i++) {
        if (r->columns[i].broken_rules == 0)
            continue;
        json_array_append_new(columns, json_string(s->columns[i].name));
        errors_append(errors, s->columns[i].name, r->columns[i].broken_rules);
    }
    return json_pack("{s:o, s:o}", "columns", columns, "errors", errors);
}

json_t *
mock_parity_to_json(const struct schema *s, const struct mock_report *r)
{
    json_t *columns = json_array();

    if (r->columns_n == 0) {
        json_decref(columns);
        return json_null();
    }
    for (size_t i = 0; i < r->columns_n; i++) {
        json_array_append_new(columns,
            json_pack("{s:s, s:s, s:b, s:b}", "name", s->columns[i].name, "type",
                column_type_name(s->columns[i].type), "nulls_alike",
                (int)r->columns[i].nulls, "categories_alike",
                (int)r->columns[i].categories));
    }
    return json_pack("{s:o}", "columns", columns);
}
