/* unknown.c -- answers by keys that only the data know. */
#include "sandbox/unknown.h"

#include "datasite/base/check.h"
#include "policies/selection.h"
#include "sandbox/measure.h"

#include <stdlib.h>
#include <string.h>

struct found {
    struct str text;
    int64_t value;
};

/* What the keys of the data are, and what they hold. */
struct survey {
    size_t n;
    __int128 *values;
    uint64_t *units;
    struct str *texts;
    int64_t *noisy;
    bool *keep;
};

uint64_t
unknown_least(const struct plan *p)
{
    return p->context->units_least > 1 ? p->context->units_least : 1;
}

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

static const struct field *
key_field(const struct plan *p)
{
    return &p->scope.fields[p->grouping.axes[0].field];
}

static size_t
codes_n(const struct plan *p, const struct table *t)
{
    const struct field *f = key_field(p);

    CHECK(f->kind == FIELD_COLUMN);
    return f->type.type == COL_TEXT ? labels_n(t->columns[f->source].labels)
                                    : f->type.categories_n;
}

static struct str
code_text(const struct plan *p, const struct table *t, size_t code)
{
    const struct field *f = key_field(p);

    return f->type.type == COL_TEXT ? labels_text(t->columns[f->source].labels, code)
                                    : str_of(f->type.categories[code]);
}

/* The same plan with the table's codes as its keys. */
static enum err
measure_codes(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, enum measure_kind kind, __int128 *out)
{
    struct plan *known = arena_array(a, sizeof *known, 1);
    size_t n = codes_n(p, t);
    int64_t *codes = arena_array(a, sizeof *codes, n + 1);

    if (known == NULL || codes == NULL)
        return no_memory(d);
    for (size_t i = 0; i < n; i++)
        codes[i] = (int64_t)i;
    *known = *p;
    known->measure.kind = kind;
    known->grouping.axes[0].values = codes;
    known->grouping.axes[0].n = known->grouping.cells = known->grouping.keys_n = n;
    return measure_vector(d, a, known, t, out);
}

/* Values and units of the keys that a unit's rows reach. */
static enum err
take_survey(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct survey *s)
{
    size_t n = codes_n(p, t);
    __int128 *units = arena_array(a, sizeof *units, n + 1);

    s->values = arena_array(a, sizeof *s->values, n + 1);
    s->units = arena_array(a, sizeof *s->units, n + 1);
    s->texts = arena_array(a, sizeof *s->texts, n + 1);
    s->noisy = arena_array(a, sizeof *s->noisy, n + 1);
    s->keep = arena_array(a, sizeof *s->keep, n + 1);
    if (units == NULL || s->values == NULL || s->units == NULL || s->texts == NULL ||
        s->noisy == NULL || s->keep == NULL) {
        return no_memory(d);
    }
    if (n == 0)
        return ERR_OK;
    TRY(measure_codes(d, a, p, t, p->measure.kind, s->values));
    TRY(measure_codes(d, a, p, t, MEASURE_COUNT_UNITS, units));
    for (size_t i = 0; i < n; i++) {
        if (units[i] == 0)
            continue;
        s->values[s->n] = s->values[i];
        s->units[s->n] = (uint64_t)units[i];
        s->texts[s->n++] = code_text(p, t, i);
    }
    return ERR_OK;
}

static int
by_text(const void *x, const void *y)
{
    const struct str a = ((const struct found *)x)->text;
    const struct str b = ((const struct found *)y)->text;
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static void
tell(const struct plan *p, const struct found *list, size_t n, int64_t error,
    struct buf *json)
{
    char text[32];

    buf_addz(json, "{\"keys\":[");
    for (size_t i = 0; i < n; i++) {
        buf_addz(json, i > 0 ? ",[" : "[");
        measure_text_string(json, list[i].text.ptr, list[i].text.len);
        buf_addz(json, "]");
    }
    buf_addz(json, "],\"values\":[");
    for (size_t i = 0; i < n; i++)
        buf_addf(json, "%s%lld", i > 0 ? "," : "", (long long)list[i].value);
    buf_addf(json, "],\"decimals\":%d,\"error95\":\"%s\"}", measure_decimals(p),
        measure_error(p, error, 0, text));
}

enum err
unknown_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    struct survey s = {0};
    struct found *list;
    size_t n = 0;

    TRY(take_survey(d, a, p, t, &s));
    list = arena_array(a, sizeof *list, s.n + 1);
    if (list == NULL)
        return no_memory(d);
    if (m != NULL)
        threshold_run(m, r, unknown_least(p), s.values, s.units, s.n, s.noisy, s.keep);
    for (size_t i = 0; i < s.n; i++)
        if (m == NULL || s.keep[i])
            list[n++] = (struct found){s.texts[i],
                m != NULL ? s.noisy[i] : mechanism_saturate(s.values[i], 0)};
    qsort(list, n, sizeof *list, by_text);
    tell(p, list, n, m != NULL ? m->error95 : 0, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}
