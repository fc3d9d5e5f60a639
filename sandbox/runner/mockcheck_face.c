/* mockcheck_face.c -- a column of both tables as plain numbers. */
#include "sandbox/runner/mockcheck_state.h"

#include <stdlib.h>

#define DIGITS_MAX 18 /* a run of digits that fits an int64 */

static int
by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct str
face_label(const struct face *f, size_t row)
{
    return labels_text(f->c->labels, (size_t)column_value(f->c, row));
}

/* Where the digits at the end of a text begin; its length when there are none. */
static size_t
digits_at(struct str s)
{
    size_t at = s.len;

    while (at > 0 && s.len - at < DIGITS_MAX && s.ptr[at - 1] >= '0' &&
        s.ptr[at - 1] <= '9')
        at--;
    return at;
}

static bool
label_number(struct str s, struct str prefix, int64_t *out)
{
    size_t at = digits_at(s);

    *out = 0;
    for (size_t i = at; i < s.len; i++)
        *out = *out * 10 + (s.ptr[i] - '0');
    return at < s.len && str_eq((struct str){s.ptr, at}, prefix);
}

/* The texts of a column as numbers; false: they are none. */
static bool
number_labels(struct face *f)
{
    struct str prefix = {"", 0};
    bool first = true;

    for (size_t i = 0; i < f->rows; i++) {
        if (f->valid[i] == 0)
            continue;
        struct str s = face_label(f, i);
        if (first)
            prefix = (struct str){s.ptr, digits_at(s)};
        first = false;
        if (!label_number(s, prefix, &f->values[i]))
            return false;
    }
    return !first;
}

static enum err
face_of(struct diag *d, struct arena *a, const struct table *t, size_t c,
    struct face *f, bool *numeric)
{
    *f = (struct face){.c = &t->columns[c], .rows = t->rows};
    f->values = arena_array(a, sizeof *f->values, t->rows + 1);
    f->valid = arena_array(a, 1, t->rows + 1);
    if (f->values == NULL || f->valid == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < t->rows; i++)
        f->valid[i] = f->c->valid == NULL || f->c->valid[i] != 0;
    if (schema_has_labels(f->c->schema) && number_labels(f))
        return ERR_OK;
    *numeric = *numeric && !schema_has_labels(f->c->schema);
    column_fetch(f->c, 0, t->rows, f->values);
    return ERR_OK;
}

static enum err
sort_face(struct diag *d, struct arena *a, struct face *f)
{
    int64_t *v = arena_array(a, sizeof *v, f->rows + 1);

    if (v == NULL)
        return NO_MEMORY(d);
    f->sorted.v = v;
    for (size_t i = 0; i < f->rows; i++) {
        if (f->valid[i] != 0)
            v[f->sorted.n++] = f->values[i];
    }
    qsort(v, f->sorted.n, sizeof *v, by_value);
    return ERR_OK;
}

static bool
is_unit(const struct mockcheck *m, size_t c)
{
    return (int)c == m->data->schema->unit_column;
}

/* Row numbers and the unit say who, not what: a copied row is one without them. */
static bool
tells_of_rows(const struct mockcheck *m, size_t c)
{
    const struct sdc_sorted *s = &m->pairs[c].data.sorted;

    if (is_unit(m, c) || m->data->schema->columns[c].type == COL_ID)
        return false;
    for (size_t i = 0; i + 1 < s->n; i++) {
        if (s->v[i + 1] != s->v[i] + 1)
            return true;
    }
    return s->n < 2 || !m->pairs[c].numeric;
}

enum err
mockcheck_pair(struct diag *d, struct mockcheck *m, size_t c)
{
    struct pair *p = &m->pairs[c];

    p->numeric = true;
    TRY(face_of(d, m->arena, m->data, c, &p->data, &p->numeric));
    TRY(face_of(d, m->arena, m->mock, c, &p->mock, &p->numeric));
    TRY(sort_face(d, m->arena, &p->data));
    TRY(sort_face(d, m->arena, &p->mock));
    p->compared = tells_of_rows(m, c);
    return ERR_OK;
}

/* How many sorted values are below v, or not above it. */
static size_t
count_below(struct sdc_sorted s, int64_t v, bool and_equal)
{
    size_t lo = 0, hi = s.n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s.v[mid] < v || (and_equal && s.v[mid] == v)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

size_t
face_count(const struct face *f, int64_t v)
{
    return count_below(f->sorted, v, true) - count_below(f->sorted, v, false);
}
