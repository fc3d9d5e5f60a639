/* mockcheck_rows.c -- does a mock hold rows of the data? */
#include "sandbox/runner/mockcheck_state.h"

#include "datasite/base/digest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 8 /* parts of a row, each left out once */

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

    if (f->valid[row] != 0 && schema_has_labels(f->c->schema)) {
        g = digest_keyed(m->data->key, face_label(f, row));
    } else {
        g = (struct digest){{0}};
    }
    memcpy(&h, g.b, sizeof h);
    words[2] = schema_has_labels(f->c->schema) ? (int64_t)h
        : f->valid[row] != 0                   ? f->values[row]
                                               : 0;
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

/* How many rows of the data hold what this one holds in a column. */
static size_t
holders(const struct face *f, size_t row)
{
    if (f->valid[row] == 0)
        return f->rows - f->sorted.n;
    return face_count(f, f->values[row]);
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
            mockcheck_found(m, c, SDC_MOCK_ROWS);
    }
}

enum err
mockcheck_rows(struct diag *d, struct mockcheck *m)
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

/* ---- the very table, row by row ---- */

/* Is the field the same in row i of both? Then ln becomes less by what that tells. */
static bool
same_field(const struct mockcheck *m, size_t c, size_t row, double *ln)
{
    const struct face *x = &m->pairs[c].data;

    *ln += log((double)holders(x, row) / (double)x->rows);
    return field_hash(m, x, c, row) == field_hash(m, &m->pairs[c].mock, c, row);
}

void
mockcheck_copy(struct mockcheck *m)
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
        mockcheck_found(m, c, SDC_MOCK_ROWS);
}
