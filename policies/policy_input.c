/* policy_input.c -- what a policy lets in: lanes, sources, purposes, columns, until when. */
#include "datasite/base/limits.h"
#include "policies/policy.h"
#include "policies/schema.h"
#include "policies/schema_value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PURPOSES_MAX 50

/* An array of n_max texts at most, each of 1 to bytes_max bytes, none twice. */
struct texts {
    const char *pointer;
    size_t n_max, bytes_max;
};

static enum err
text_check(struct diag *d, const struct texts *rule, const char *const *before,
    size_t i, const json_t *v)
{
    const char *text = json_string_value(v);

    if (text == NULL || text[0] == '\0' || strlen(text) > rule->bytes_max) {
        return FAIL_FIELD(d, ERR_INVALID, rule->pointer,
            "%s holds texts of 1 to %zu bytes", rule->pointer, rule->bytes_max);
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(before[k], text) == 0) {
            return FAIL_FIELD(d, ERR_INVALID, rule->pointer, "%s names %s twice",
                rule->pointer, text);
        }
    }
    return ERR_OK;
}

static enum err
texts_take(struct diag *d, struct arena *a, const struct texts *rule,
    const json_t *list, const char ***out, size_t *n)
{
    const json_t *v;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > rule->n_max) {
        return FAIL_FIELD(d, ERR_INVALID, rule->pointer,
            "%s is an array of 1 to %zu texts", rule->pointer, rule->n_max);
    }
    *out = arena_array(a, sizeof **out, json_array_size(list));
    if (*out == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the policy needs too much memory");
    json_array_foreach(list, i, v)
    {
        TRY(text_check(d, rule, *out, i, v));
        (*out)[i] = arena_strf(a, "%s", json_string_value(v));
        if ((*out)[i] == NULL)
            return FAIL(d, ERR_TOO_LARGE, "the policy needs too much memory");
    }
    *n = json_array_size(list);
    return ERR_OK;
}

enum err
policy_input_take(struct diag *d, struct arena *a, const struct policy_input_doc *doc,
    struct policy_input *out)
{
    static const struct texts purposes = {
        "/input/purposes", PURPOSES_MAX, TITLE_BYTES_MAX};
    static const struct texts columns = {"/input/columns", COLUMNS_MAX, NAME_BYTES_MAX};
    const json_t *named = doc->only != NULL ? doc->only : doc->forbid;

    *out = (struct policy_input){.expires_day = INT64_MAX, .only = doc->only != NULL};
    if (doc->purposes != NULL) {
        TRY(texts_take(
            d, a, &purposes, doc->purposes, &out->purposes, &out->purposes_n));
    }
    if (doc->only != NULL && doc->forbid != NULL) {
        return FAIL_FIELD(d, ERR_INVALID, "/input/columns",
            "columns are either allowed or forbidden by name");
    }
    if (named != NULL)
        TRY(texts_take(d, a, &columns, named, &out->columns, &out->columns_n));
    if (doc->expires != NULL && !date_parse(str_of(doc->expires), &out->expires_day)) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/input/expires", "a last day is a date: 2027-01-31");
    }
    return ERR_OK;
}

bool
policy_lane_ok(const struct policy *p, enum lane lane)
{
#ifdef MUTANT_RULE_LANE
    return true;
#endif
    return p->lane_allowed[lane];
}

bool
policy_source_ok(const struct policy *p, size_t bytes)
{
#ifdef MUTANT_RULE_SOURCE
    return true;
#endif
    return bytes <= (size_t)p->input.source_bytes_max;
}

bool
policy_purpose_ok(const struct policy *p, const char *purpose)
{
#ifdef MUTANT_RULE_PURPOSE
    return true;
#endif
    for (size_t i = 0; i < p->input.purposes_n; i++) {
        size_t n = strlen(p->input.purposes[i]);

        if (strncasecmp(purpose, p->input.purposes[i], n) == 0 &&
            !isalnum((unsigned char)purpose[n]))
            return true;
    }
    return p->input.purposes_n == 0;
}

bool
policy_column_ok(const struct policy *p, const char *column)
{
#ifdef MUTANT_RULE_COLUMN
    return true;
#endif
    for (size_t i = 0; i < p->input.columns_n; i++) {
        if (strcmp(p->input.columns[i], column) == 0)
            return p->input.only;
    }
    return !p->input.only;
}

bool
policy_day_ok(const struct policy *p, int64_t day)
{
#ifdef MUTANT_RULE_EXPIRY
    return true;
#endif
    return day <= p->input.expires_day;
}
