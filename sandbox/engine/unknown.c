/* unknown.c -- answers by keys that only the data know. */
#include "sandbox/engine/unknown.h"

#include "datasite/base/check.h"
#include "policies/schema_value.h"
#include "policies/selection.h"
#include "sandbox/engine/measure.h"
#include "sandbox/engine/rows.h"

#include <stdlib.h>
#include <string.h>

#define NO_KEY UNKNOWN_NO_KEY

/* The keys that kept rows have, numbered as they appear, and what they hold. */
struct survey {
    const struct plan *p;
    const struct table *t;
    struct labels *keys; /* a key is its columns' codes, as bytes */
    size_t n, n_max;
    uint32_t *key_of_row;
    __int128 *values; /* by key */
    uint64_t *units;
};

/* A key in the order in which keys are told. */
struct found {
    const struct str *parts; /* a text for each column */
    size_t parts_n;
    size_t key;
    int64_t value; /* as it is told */
};

uint64_t
unknown_least(const struct plan *p)
{
#ifdef MUTANT_RULE_KEY_PERSONS
    return 1;
#endif
    return p->context->units_least > 1 ? p->context->units_least : 1;
}

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

static const struct field *
part_field(const struct plan *p, size_t part)
{
    return &p->scope.fields[p->grouping.axes[part].field];
}

static const struct labels *
part_labels(const struct survey *s, const struct field *f)
{
    CHECK(f->kind == FIELD_COLUMN);
    return s->t->columns[f->source].labels;
}

/* Values that a column of the key may have. */
static size_t
codes_n(const struct survey *s, size_t part)
{
    const struct field *f = part_field(s->p, part);

    if (f->type.type == COL_BOOLEAN)
        return 2;
    return f->type.type == COL_TEXT ? labels_n(part_labels(s, f))
                                    : f->type.categories_n;
}

static struct str
code_text(const struct survey *s, size_t part, uint32_t code)
{
    const struct field *f = part_field(s->p, part);
    char scratch[32];

    if (f->type.type == COL_TEXT)
        return labels_text(part_labels(s, f), code);
    return str_of(schema_text(&f->type, code, scratch)); /* none of these is scratch */
}

/* ---- the survey ---- */

/* As many keys as there can be: of all rows, or of all combinations. */
static size_t
most_keys(const struct survey *s)
{
    size_t most = 1;

    for (size_t i = 0; i < s->p->grouping.axes_n; i++)
        if (__builtin_mul_overflow(most, codes_n(s, i), &most))
            return s->t->rows;
    return most < s->t->rows ? most : s->t->rows;
}

static enum err
make_room(struct diag *d, struct arena *a, struct survey *s)
{
    s->n_max = most_keys(s);
    s->key_of_row = arena_array(a, sizeof *s->key_of_row, s->t->rows + 1);
    s->values = arena_array(a, sizeof *s->values, s->n_max + 1);
    s->units = arena_array(a, sizeof *s->units, s->n_max + 1);
    s->keys = labels_new();
    if (s->key_of_row == NULL || s->values == NULL || s->units == NULL ||
        s->keys == NULL) {
        return no_memory(d);
    }
    return ERR_OK;
}

/* NO_KEY where the row is not kept, or is null in a column of the key. */
static bool
number_row(const struct survey *s, const struct batch *b, size_t i, uint32_t *key)
{
    const struct grouping *g = &s->p->grouping;
    uint32_t codes[GROUP_FIELDS_MAX];

    *key = NO_KEY;
    if (b->mask[i] == 0)
        return true;
    for (size_t k = 0; k < g->axes_n; k++) {
        if (b->valid[g->axes[k].field][i] == 0)
            return true;
        codes[k] = (uint32_t)b->values[g->axes[k].field][i];
    }
    return labels_code(
        s->keys, (struct str){(const char *)codes, g->axes_n * sizeof *codes}, key);
}

static int64_t
value_of(const struct survey *s, const struct batch *b, size_t i)
{
    size_t field = s->p->measure.field;

    if (s->p->measure.kind != MEASURE_SUM)
        return 1;
    return b->valid[field][i] != 0 ? b->values[field][i] : 0;
}

static enum err
number_rows(struct diag *d, struct arena *a, struct survey *s)
{
    struct rows *w;
    struct batch b;

    TRY(rows_open(d, a, s->p, s->t, &w));
    while (rows_next(w, &b)) {
        for (size_t i = 0; i < b.n; i++) {
            uint32_t *key = &s->key_of_row[b.from + i];
            if (!number_row(s, &b, i, key))
                return no_memory(d);
            if (*key != NO_KEY)
                s->values[*key] += value_of(s, &b, i);
        }
    }
    s->n = labels_n(s->keys);
    CHECK(s->n <= s->n_max);
    return ERR_OK;
}

/* Each unit once for each key that its rows have. */
static enum err
count_units(struct diag *d, struct arena *a, struct survey *s)
{
    const struct units *u = s->t->units;
    uint32_t *last = arena_array(a, sizeof *last, s->n + 1); /* unit + 1 seen last */

    if (last == NULL)
        return no_memory(d);
    for (size_t i = 0; u == NULL && i < s->t->rows; i++)
        if (s->key_of_row[i] != NO_KEY)
            s->units[s->key_of_row[i]]++;
    for (size_t i = 0; u != NULL && i < u->n; i++) {
        for (uint32_t k = u->starts[i]; k < u->starts[i + 1]; k++) {
            uint32_t key = s->key_of_row[u->rows[k]];
            if (key == NO_KEY)
                continue;
            s->units[key] += last[key] != i + 1;
            last[key] = (uint32_t)i + 1;
        }
    }
    for (size_t i = 0; s->p->measure.kind == MEASURE_COUNT_UNITS && i < s->n; i++)
        s->values[i] = s->units[i];
    return ERR_OK;
}

/* ---- telling ---- */

static int
by_parts(const void *x, const void *y)
{
    const struct found *a = x, *b = y;

    for (size_t i = 0; i < a->parts_n; i++) {
        struct str s = a->parts[i], t = b->parts[i];
        int order = memcmp(s.ptr, t.ptr, s.len < t.len ? s.len : t.len);
        if (order == 0)
            order = (s.len > t.len) - (s.len < t.len);
        if (order != 0)
            return order;
    }
    return 0;
}

static enum err
find_parts(struct diag *d, struct arena *a, const struct survey *s, size_t key,
    struct found *f)
{
    size_t n = s->p->grouping.axes_n;
    struct str *parts = arena_array(a, sizeof *parts, n);
    uint32_t codes[GROUP_FIELDS_MAX];

    if (parts == NULL)
        return no_memory(d);
    memcpy(codes, labels_text(s->keys, key).ptr, n * sizeof *codes);
    for (size_t i = 0; i < n; i++)
        parts[i] = code_text(s, i, codes[i]);
    *f = (struct found){.parts = parts, .parts_n = n, .key = key};
    return ERR_OK;
}

/* All keys, in the order of their texts. */
static enum err
sort_keys(struct diag *d, struct arena *a, const struct survey *s, struct found **out)
{
    struct found *list = *out = arena_array(a, sizeof *list, s->n + 1);

    if (list == NULL)
        return no_memory(d);
    for (size_t i = 0; i < s->n; i++)
        TRY(find_parts(d, a, s, i, &list[i]));
    qsort(list, s->n, sizeof *list, by_parts);
    return ERR_OK;
}

static void
tell_key(const struct plan *p, const struct found *f, struct buf *json)
{
    buf_addz(json, "[");
    for (size_t i = 0; i < f->parts_n; i++) {
        buf_addz(json, i > 0 ? "," : "");
        if (part_field(p, i)->type.type == COL_BOOLEAN)
            buf_add(json, f->parts[i].ptr, f->parts[i].len);
        else
            measure_text_string(json, f->parts[i].ptr, f->parts[i].len);
    }
    buf_addz(json, "]");
}

/* Keys alone are told as true. */
static void
tell(const struct plan *p, const struct found *list, size_t n, int64_t error,
    struct buf *json)
{
    bool alone = p->measure.kind == MEASURE_KEYS;
    char text[32];

    buf_addz(json, "{\"keys\":[");
    for (size_t i = 0; i < n; i++) {
        buf_addz(json, i > 0 ? "," : "");
        tell_key(p, &list[i], json);
    }
    buf_addz(json, "],\"values\":[");
    for (size_t i = 0; i < n; i++) {
        buf_addz(json, i > 0 ? "," : "");
        if (alone)
            buf_addz(json, "true");
        else
            buf_addf(json, "%lld", (long long)list[i].value);
    }
    buf_addf(json, "],\"decimals\":%d,\"error95\":\"%s\"}", measure_decimals(p),
        measure_error(p, error, 0, text));
}

/* ---- the answer ---- */

static enum err
keep_keys(struct diag *d, struct arena *a, const struct survey *s,
    const struct mechanism *m, struct rng *r, bool *keep)
{
    struct keep_curve curve;

    TRY(keep_curve_make(
        d, a, m, (uint64_t)s->p->groups_max, unknown_least(s->p), &curve));
    for (size_t i = 0; i < s->n; i++)
        keep[i] = keep_draw(&curve, r, s->units[i]);
    return ERR_OK;
}

/* Noise on every key's value, and the keys that stay above the threshold; or a choice
 * of keys alone. */
static enum err
answer(struct diag *d, struct arena *a, const struct survey *s,
    const struct mechanism *m, struct rng *r, struct buf *json)
{
    struct found *list;
    int64_t *noisy = arena_array(a, sizeof *noisy, s->n + 1);
    bool *keep = arena_array(a, sizeof *keep, s->n + 1);
    size_t n = 0;

    if (noisy == NULL || keep == NULL)
        return no_memory(d);
    TRY(sort_keys(d, a, s, &list));
    if (s->p->measure.kind == MEASURE_KEYS)
        TRY(keep_keys(d, a, s, m, r, keep));
    else if (m != NULL)
        threshold_run(
            m, r, unknown_least(s->p), s->values, s->units, s->n, noisy, keep);
    for (size_t i = 0; i < s->n; i++) {
        size_t key = list[i].key;
        if (m != NULL && !keep[key])
            continue;
        list[n] = list[i];
        list[n++].value =
            m != NULL ? noisy[key] : mechanism_saturate(s->values[key], 0);
    }
    tell(s->p, list, n, m != NULL ? m->error95 : 0, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}

static enum err
survey(struct diag *d, struct arena *a, struct survey *s)
{
    TRY(make_room(d, a, s));
    TRY(number_rows(d, a, s));
    return count_units(d, a, s);
}

enum err
unknown_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    struct survey s = {.p = p, .t = t};
    enum err err = survey(d, a, &s);

    if (err == ERR_OK)
        err = answer(d, a, &s, m, r, json);
    labels_free(s.keys);
    return err;
}

/* Numbers the keys of rows as they are told. */
static enum err
renumber(struct diag *d, struct arena *a, struct survey *s)
{
    uint32_t *place = arena_array(a, sizeof *place, s->n + 1);
    struct found *list;

    if (place == NULL)
        return no_memory(d);
    TRY(sort_keys(d, a, s, &list));
    for (size_t i = 0; i < s->n; i++)
        place[list[i].key] = (uint32_t)i;
    for (size_t i = 0; i < s->t->rows; i++)
        if (s->key_of_row[i] != UNKNOWN_NO_KEY)
            s->key_of_row[i] = place[s->key_of_row[i]];
    return ERR_OK;
}

enum err
unknown_keys(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, const uint32_t **key_of_row, size_t *keys_n)
{
    struct survey s = {.p = p, .t = t};
    enum err err = survey(d, a, &s);

    if (err == ERR_OK)
        err = renumber(d, a, &s);
    labels_free(s.keys);
    *key_of_row = s.key_of_row;
    *keys_n = s.n;
    return err;
}
