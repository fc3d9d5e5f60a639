/* mockcheck.c -- does a mock give away the private data that it stands in for? */
#include "sandbox/runner/mockcheck_state.h"

#include "datasite/base/check.h"

#include <math.h>

#define NULLS_POINTS  5
#define SCRATCH_BYTES ((size_t)16 << 30)

/* ---- one column ---- */

void
mockcheck_found(struct mockcheck *m, size_t c, enum sdc_mock_rule rule)
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
        mockcheck_found(m, c, SDC_MOCK_ORDER);
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
        mockcheck_found(m, c, SDC_MOCK_TEXTS);
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

    if (schema_has_labels(p->data.c->schema) && !p->numeric)
        return tries(m, SDC_MOCK_TEXTS) ? try_texts(d, m, c) : ERR_OK;
    TRY(find_rhythm(d, m, c, &has_rhythm, &broken));
    bool tells = p->compared && !has_rhythm;
    if (tries(m, SDC_MOCK_ORDER) && tells && !schema_has_labels(p->data.c->schema))
        TRY(try_order(d, m, c, &broken));
    if (is_measured(&s->columns[c])) {
        if (tries(m, SDC_MOCK_VALUES) &&
            sdc_mock_values(
                p->data.sorted, p->mock.sorted, 3 * s->unit_rows_max, &broken))
            mockcheck_found(m, c, SDC_MOCK_VALUES);
        if (tries(m, SDC_MOCK_SHAPE) && tells &&
            sdc_mock_shape(p->data.sorted, p->mock.sorted, &broken))
            mockcheck_found(m, c, SDC_MOCK_SHAPE);
    }
    return broken ? NO_MEMORY(d) : ERR_OK;
}

/* ---- parity ---- */

static double
nulls_percent(const struct face *f)
{
    if (f->rows == 0)
        return 0;
    return 100.0 - 100.0 * (double)f->sorted.n / (double)f->rows;
}

static bool
nulls_alike(const struct pair *p)
{
    return fabs(nulls_percent(&p->data) - nulls_percent(&p->mock)) <= NULLS_POINTS;
}

static bool
categories_alike(const struct pair *p)
{
    const struct schema_column *c = p->data.c->schema;

    for (size_t i = 0; c->type == COL_CATEGORY && i < c->categories_n; i++) {
        bool in_data = face_count(&p->data, (int64_t)i) > 0;
        bool in_mock = face_count(&p->mock, (int64_t)i) > 0;
        if (in_data != in_mock)
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
        TRY(mockcheck_pair(d, &m, c));
    for (size_t c = 0; c < n; c++) {
        TRY(try_column(d, &m, c));
        out->columns[c].nulls = nulls_alike(&m.pairs[c]);
        out->columns[c].categories = categories_alike(&m.pairs[c]);
    }
    if (!tries(&m, SDC_MOCK_ROWS))
        return ERR_OK;
    mockcheck_copy(&m);
    return mockcheck_rows(d, &m);
}
