/* mockcheck.c -- does a mock give away the private data that it stands in for? */
#include "sandbox/runner/mockcheck.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX    18 /* a run of digits that fits an int64 */
#define GROUPS_MAX    8  /* parts of a row, each left out once */
#define NULLS_POINTS  5
#define SCRATCH_BYTES ((size_t)16 << 30)
#define NO_MEMORY(d) \
    FAIL((d), ERR_TOO_LARGE, "comparing the mock needs too much memory")

/* One column of one table as plain numbers. Texts are numbers when every one of them is
 * a fixed text and a run of digits at its end ("P-00172"); others are codes, which mean
 * something within one table only. */
struct face {
    const struct column *c;
    size_t rows;
    int64_t *values; /* of each row; 0 where there is none */
    uint8_t *valid;
    struct sdc_sorted sorted; /* of the valid ones */
};

/* A column in both tables. */
struct pair {
    struct face data, mock;
    bool numeric;  /* numbers of the one mean what those of the other do */
    bool compared; /* part of rows: it is not handed out by a rule */
};

struct mockcheck {
    struct arena *arena;
    const struct table *data, *mock;
    unsigned rules;
    struct pair *pairs;
    struct mock_report *out;
};

/* ---- columns as numbers ---- */

static int
by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool
has_labels(const struct column *c)
{
    return c->schema->type == COL_TEXT || c->schema->type == COL_ID;
}

static struct str
label_of(const struct face *f, size_t row)
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
        struct str s = label_of(f, i);
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
    if (has_labels(f->c) && number_labels(f))
        return ERR_OK;
    *numeric = *numeric && !has_labels(f->c);
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

static enum err
pair_of(struct diag *d, struct mockcheck *m, size_t c)
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

/* ---- one column ---- */

static void
found(struct mockcheck *m, size_t c, enum sdc_mock_rule rule)
{
    m->out->columns[c].broken_rules |= 1u << rule;
    m->out->leaks = true;
}

static bool
tries(const struct mockcheck *m, enum sdc_mock_rule rule)
{
    return (m->rules & 1u << rule) != 0;
}

/* Do the data come round in one order? Then neither that order nor how the values lie
 * tells of anybody. */
static enum err
find_rhythm(struct diag *d, struct mockcheck *m, size_t c, bool *yes, bool *broken)
{
    const struct face *x = &m->pairs[c].data;
    int64_t *v = arena_array(m->arena, sizeof *v, x->rows + 1);
    size_t n = 0;

    if (v == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < x->rows; i++) {
        if (x->valid[i] != 0)
            v[n++] = x->values[i];
    }
    *yes = sdc_mock_rhythm(v, n, broken);
    return ERR_OK;
}

static enum err
try_order(struct diag *d, struct mockcheck *m, size_t c, bool *broken)
{
    const struct face *x = &m->pairs[c].data, *y = &m->pairs[c].mock;
    size_t rows = x->rows < y->rows ? x->rows : y->rows, n = 0;
    int64_t *a = arena_array(m->arena, sizeof *a, rows + 1);
    int64_t *b = arena_array(m->arena, sizeof *b, rows + 1);

    if (a == NULL || b == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < rows; i++) {
        if (x->valid[i] == 0 || y->valid[i] == 0)
            continue;
        a[n] = x->values[i];
        b[n++] = y->values[i];
    }
    if (sdc_mock_order(a, b, n, broken))
        found(m, c, SDC_MOCK_ORDER);
    return ERR_OK;
}

/* Which texts stand once in the data, and how many of them the mock holds. */
static enum err
try_texts(struct diag *d, struct mockcheck *m, size_t c)
{
    const struct face *x = &m->pairs[c].data, *y = &m->pairs[c].mock;
    size_t n = labels_n(x->c->labels), single = 0, matched = 0;
    uint8_t *holders = arena_array(m->arena, 1, n + 1);

    if (holders == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < x->rows; i++) {
        uint8_t *h = &holders[column_value(x->c, i)];
        *h = x->valid[i] == 0 ? *h : *h == 0 ? 1 : 2;
    }
    for (size_t i = 0; i < n; i++)
        single += holders[i] == 1;
    for (size_t i = 0; i < labels_n(y->c->labels); i++) {
        int64_t code = labels_find(x->c->labels, labels_text(y->c->labels, i));
        matched += code >= 0 && holders[code] == 1;
    }
    if (sdc_mock_texts(matched, labels_n(y->c->labels), single, x->rows))
        found(m, c, SDC_MOCK_TEXTS);
    return ERR_OK;
}

static bool
is_measured(const struct schema_column *c)
{
    return c->type != COL_CATEGORY && c->type != COL_BOOLEAN;
}

static enum err
try_column(struct diag *d, struct mockcheck *m, size_t c)
{
    const struct schema *s = m->data->schema;
    const struct pair *p = &m->pairs[c];
    bool broken = false, has_rhythm = false;

    if (has_labels(p->data.c) && !p->numeric)
        return tries(m, SDC_MOCK_TEXTS) ? try_texts(d, m, c) : ERR_OK;
    TRY(find_rhythm(d, m, c, &has_rhythm, &broken));
    bool tells = p->compared && !has_rhythm;
    if (tries(m, SDC_MOCK_ORDER) && tells && !has_labels(p->data.c))
        TRY(try_order(d, m, c, &broken));
    if (is_measured(&s->columns[c])) {
        if (tries(m, SDC_MOCK_VALUES) &&
            sdc_mock_values(
                p->data.sorted, p->mock.sorted, 3 * s->unit_rows_max, &broken))
            found(m, c, SDC_MOCK_VALUES);
        if (tries(m, SDC_MOCK_SHAPE) && tells &&
            sdc_mock_shape(p->data.sorted, p->mock.sorted, &broken))
            found(m, c, SDC_MOCK_SHAPE);
    }
    return broken ? NO_MEMORY(d) : ERR_OK;
}

/* ---- whole rows ---- */

struct hashed {
    uint64_t hash;
    size_t row;
};

static int
by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;

    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* One field as the same number in both tables, whatever its table's dictionary. */
static uint64_t
field_hash(const struct mockcheck *m, const struct face *f, size_t c, size_t row)
{
    int64_t words[3] = {(int64_t)c, f->valid[row], 0};
    struct digest g;
    uint64_t h;

    if (f->valid[row] != 0 && has_labels(f->c)) {
        g = digest_keyed(m->data->key, label_of(f, row));
    } else {
        g = (struct digest){{0}};
    }
    memcpy(&h, g.b, sizeof h);
    words[2] = has_labels(f->c) ? (int64_t)h : f->valid[row] != 0 ? f->values[row] : 0;
    h = (uint64_t)words[2] + UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(2 * c + 1) +
        (uint64_t)words[1];
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

/* Columns in groups; the hash of a row is the sum of its fields', so that a group is left
 * out by not adding it. group < 0: none is. */
static size_t
group_of(size_t c, size_t columns_n)
{
    size_t groups = columns_n < GROUPS_MAX ? columns_n : GROUPS_MAX;

    return c * groups / columns_n;
}

static void
hash_rows(const struct mockcheck *m, bool of_mock, int group, struct hashed *out)
{
    size_t n = m->data->schema->columns_n;
    size_t rows = of_mock ? m->mock->rows : m->data->rows;

    for (size_t i = 0; i < rows; i++)
        out[i] = (struct hashed){.row = i};
    for (size_t c = 0; c < n; c++) {
        const struct face *f = of_mock ? &m->pairs[c].mock : &m->pairs[c].data;
        if (!m->pairs[c].compared || (int)group_of(c, n) == group)
            continue;
        for (size_t i = 0; i < rows; i++)
            out[i].hash += field_hash(m, f, c, i);
    }
    qsort(out, rows, sizeof *out, by_hash);
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

/* How many rows of the data hold what this one holds in a column. */
static size_t
holders(const struct face *f, size_t row)
{
    int64_t v = f->values[row];

    if (f->valid[row] == 0)
        return f->rows - f->sorted.n;
    return count_below(f->sorted, v, true) - count_below(f->sorted, v, false);
}

/* How surprising it is to meet this row of the data again: see SDC_MOCK_ROW_LN. */
static double
row_ln(const struct mockcheck *m, size_t row, int group)
{
    size_t n = m->data->schema->columns_n;
    double rows = (double)m->data->rows, ln = log(rows);

    for (size_t c = 0; c < n; c++) {
        const struct pair *p = &m->pairs[c];
        if (p->compared && (int)group_of(c, n) != group)
            ln += log((double)holders(&p->data, row) / rows);
    }
    return ln;
}

/* Different rows of the mock that the data hold too. */
struct shared {
    size_t odd;     /* those that chance does not explain, each alone */
    size_t unusual; /* … or together */
    bool all;       /* the data hold every one */
    double ln;      /* of the chance of all of them */
};

static struct shared
shared_rows(const struct mockcheck *m, const struct hashed *x, const struct hashed *y,
    int group)
{
    struct shared s = {.all = true};
    size_t i = 0;

    for (size_t k = 0; k < m->mock->rows; k++) {
        if (k > 0 && y[k].hash == y[k - 1].hash)
            continue;
        while (i < m->data->rows && x[i].hash < y[k].hash)
            i++;
        if (i < m->data->rows && x[i].hash == y[k].hash) {
            double ln = row_ln(m, x[i].row, group);
            s.odd += ln < SDC_MOCK_ROW_LN;
            if (i + 1 < m->data->rows && x[i + 1].hash == x[i].hash)
                continue; /* what several rows hold tells of none of them */
            s.unusual += ln < SDC_MOCK_UNUSUAL_LN;
            s.ln += fmin(ln, 0);
        } else {
            s.all = false;
        }
    }
    return s;
}

static void
name_rows(struct mockcheck *m, int group)
{
    size_t n = m->data->schema->columns_n;

    for (size_t c = 0; c < n; c++) {
        if (m->pairs[c].compared && (int)group_of(c, n) != group)
            found(m, c, SDC_MOCK_ROWS);
    }
}

static enum err
try_rows(struct diag *d, struct mockcheck *m)
{
    struct hashed *x = arena_array(m->arena, sizeof *x, m->data->rows + 1);
    struct hashed *y = arena_array(m->arena, sizeof *y, m->mock->rows + 1);

    if (x == NULL || y == NULL)
        return NO_MEMORY(d);
    for (int group = -1; group < GROUPS_MAX; group++) {
        hash_rows(m, false, group, x);
        hash_rows(m, true, group, y);
        struct shared s = shared_rows(m, x, y, group);
        if (sdc_mock_rows(s.odd, s.unusual, m->mock->rows) ||
            (group < 0 && s.all && sdc_mock_copy(s.ln, false))) {
            name_rows(m, group);
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* ---- the very table ---- */

/* Is the field the same in row i of both? Then ln becomes less by what that tells. */
static bool
same_field(const struct mockcheck *m, size_t c, size_t row, double *ln)
{
    const struct face *x = &m->pairs[c].data;

    *ln += log((double)holders(x, row) / (double)x->rows);
    return field_hash(m, x, c, row) == field_hash(m, &m->pairs[c].mock, c, row);
}

static void
try_copy(struct mockcheck *m)
{
    size_t n = m->data->schema->columns_n;
    double ln = 0;

    if (m->mock->rows > m->data->rows)
        return;
    for (size_t i = 0; i < m->mock->rows; i++) {
        for (size_t c = 0; c < n; c++) {
            if (!same_field(m, c, i, &ln))
                return;
        }
    }
    for (size_t c = 0; c < n && sdc_mock_copy(ln, true); c++)
        found(m, c, SDC_MOCK_ROWS);
}

/* ---- parity ---- */

static bool
nulls_alike(const struct pair *p)
{
    double x = p->data.rows == 0
        ? 0
        : 100.0 - 100.0 * (double)p->data.sorted.n / (double)p->data.rows;
    double y = p->mock.rows == 0
        ? 0
        : 100.0 - 100.0 * (double)p->mock.sorted.n / (double)p->mock.rows;

    return fabs(x - y) <= NULLS_POINTS;
}

static bool
holds(struct sdc_sorted s, int64_t v)
{
    return bsearch(&v, s.v, s.n, sizeof v, by_value) != NULL;
}

static bool
categories_alike(const struct pair *p)
{
    const struct schema_column *c = p->data.c->schema;

    for (size_t i = 0; c->type == COL_CATEGORY && i < c->categories_n; i++) {
        if (holds(p->data.sorted, (int64_t)i) != holds(p->mock.sorted, (int64_t)i))
            return false;
    }
    return true;
}

/* ---- all of it ---- */

enum err
mockcheck(struct diag *d, const struct table *data, const struct table *mock,
    unsigned rules, struct mock_report *out)
{
    ARENA_SCOPE(a, SCRATCH_BYTES);
    struct mockcheck m = {a, data, mock, rules, NULL, out};
    size_t n = data->schema->columns_n;

    CHECK(n <= COLUMNS_MAX && mock->schema->columns_n == n);
#ifdef MUTANT_RULE_MOCK
    m.rules &= ~(1u << MUTANT_RULE_MOCK);
#endif
    *out = (struct mock_report){.columns_n = n};
    if (a == NULL || (m.pairs = arena_array(a, sizeof *m.pairs, n)) == NULL)
        return NO_MEMORY(d);
    for (size_t c = 0; c < n; c++)
        TRY(pair_of(d, &m, c));
    for (size_t c = 0; c < n; c++) {
        TRY(try_column(d, &m, c));
        out->columns[c].nulls = nulls_alike(&m.pairs[c]);
        out->columns[c].categories = categories_alike(&m.pairs[c]);
    }
    if (!tries(&m, SDC_MOCK_ROWS))
        return ERR_OK;
    try_copy(&m);
    return try_rows(d, &m);
}
