/* mockgen.c -- a table that only the schema and a public seed determine.
 *
 * It shows a researcher the shape of the data and nothing else: there is no input through
 * which anything about a person could come. */
#include "policies/mockgen.h"

#include "datasite/base/check.h"
#include "datasite/base/units.h"
#include "policies/schema_value.h"

#include <string.h>

#define NULL_IN         16 /* one field in so many is null where nulls are allowed */
#define TEXTS_N         20 /* distinct texts of a text column */
#define UNBOUNDED_LOWER 0
#define UNBOUNDED_UPPER 100
#define DATE_LOWER      10957              /* 2000-01-01 */
#define DATE_UPPER      18262              /* 2020-01-01 */
#define DATE_FIRST      (-719162)          /* 0001-01-01 */
#define DATE_LAST       2932896            /* 9999-12-31 */
#define NUMBER_MOST     (INT64_C(1) << 50) /* of one without bounds */
#define TEXT_MOST       250

/* SplitMix64 (Steele, Lea, Flood 2014): public and reproducible, not secret. */
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From lower to upper, both included. The slight bias of a remainder does not matter. */
static int64_t
draw_between(uint64_t *state, int64_t lower, int64_t upper)
{
    uint64_t span = (uint64_t)upper - (uint64_t)lower + 1;
    uint64_t x = draw(state);

    return (int64_t)((uint64_t)lower + (span == 0 ? x : x % span));
}

static void
add_quoted(struct buf *out, const char *text)
{
    if (text[0] != '\0' && strpbrk(text, "\",;\t\r\n") == NULL) {
        buf_addz(out, text);
        return;
    }
    buf_addz(out, "\"");
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            buf_addz(out, "\"");
        buf_add(out, p, 1);
    }
    buf_addz(out, "\"");
}

/* The least and the greatest in turn. */
static int64_t
extreme_of(const struct schema_column *c, int64_t row)
{
    if (c->bounded)
        return row % 2 == 0 ? c->lower : c->upper;
    if (c->type == COL_DATE)
        return row % 2 == 0 ? DATE_FIRST : DATE_LAST;
    return row % 2 == 0 ? -NUMBER_MOST : NUMBER_MOST;
}

static int64_t
number_of(
    const struct schema_column *c, enum mock_kind kind, int64_t row, uint64_t *state)
{
    int64_t unit = c->type == COL_DECIMAL ? power_of_ten(c->decimals) : 1;

    if (kind == MOCK_EXTREMES)
        return extreme_of(c, row);
    if (c->bounded)
        return draw_between(state, c->lower, c->upper);
    if (c->type == COL_DATE)
        return draw_between(state, DATE_LOWER, DATE_UPPER);
    return draw_between(state, UNBOUNDED_LOWER * unit, UNBOUNDED_UPPER * unit);
}

/* The unit's own column: different for different units as far as its type allows. */
static void
add_unit(struct buf *out, const struct schema_column *c, int64_t unit)
{
    int64_t lower = c->bounded ? c->lower : c->type == COL_DATE ? DATE_LOWER : 1;
    char scratch[32];

    switch (c->type) {
    case COL_TEXT:
    case COL_ID:
        buf_addf(out, "u%07lld", (long long)unit + 1);
        return;
    case COL_BOOLEAN:
        buf_addz(out, unit % 2 != 0 ? "true" : "false");
        return;
    case COL_CATEGORY:
        add_quoted(out, c->categories[(size_t)unit % c->categories_n]);
        return;
    case COL_INTEGER:
    case COL_DECIMAL:
    case COL_DATE:
        if (c->bounded && unit > c->upper - c->lower)
            unit %= c->upper - c->lower + 1;
        buf_addz(out, schema_text(c, lower + unit, scratch));
        return;
    }
    UNREACHABLE();
}

static void
add_text(struct buf *out, enum mock_kind kind, uint64_t *state)
{
    if (kind != MOCK_EXTREMES) {
        buf_addf(out, "text-%02d", (int)(draw(state) % TEXTS_N));
        return;
    }
    for (int i = 0; i < TEXT_MOST; i++)
        buf_addz(out, "x");
}

static size_t
category_of(const struct schema_column *c, enum mock_kind kind, uint64_t *state)
{
    return kind == MOCK_ONE_GROUP ? c->categories_n - 1 : draw(state) % c->categories_n;
}

static void
add_field(struct buf *out, const struct schema_column *c, enum mock_kind kind,
    int64_t row, uint64_t *state)
{
    char scratch[32];

    if (c->nullable && (kind == MOCK_NULLS || draw(state) % NULL_IN == 0))
        return;
    switch (c->type) {
    case COL_INTEGER:
    case COL_DECIMAL:
    case COL_DATE:
        buf_addz(out, schema_text(c, number_of(c, kind, row, state), scratch));
        return;
    case COL_BOOLEAN:
        buf_addz(out, draw(state) % 2 != 0 ? "true" : "false");
        return;
    case COL_CATEGORY:
        add_quoted(out, c->categories[category_of(c, kind, state)]);
        return;
    case COL_TEXT:
        add_text(out, kind, state);
        return;
    case COL_ID:
        buf_addf(out, "id%07lld", (long long)row + 1);
        return;
    }
    UNREACHABLE();
}

static void
add_row(struct buf *out, const struct schema *s, enum mock_kind kind, int64_t row,
    int64_t unit, uint64_t *state)
{
    for (size_t c = 0; c < s->columns_n; c++) {
        if (c > 0)
            buf_addz(out, ",");
        if ((int)c == s->unit_column)
            add_unit(out, &s->columns[c], unit);
        else
            add_field(out, &s->columns[c], kind, row, state);
    }
    buf_addz(out, "\n");
}

static enum err
make_csv(struct diag *d, const struct schema *s, enum mock_kind kind, int64_t rows,
    uint64_t seed, struct buf *out)
{
    uint64_t state = seed;
    int64_t unit = -1, left = 0;

    for (size_t c = 0; c < s->columns_n; c++) {
        if (c > 0)
            buf_addz(out, ",");
        add_quoted(out, s->columns[c].name);
    }
    buf_addz(out, "\n");
    for (int64_t row = 0; row < rows && !out->full; row++) {
        if (left == 0) {
            unit++;
            left = draw_between(&state, 1, s->unit_rows_max);
        }
        left--;
        add_row(out, s, kind, row, unit, &state);
    }
    if (out->full)
        return FAIL(
            d, ERR_TOO_LARGE, "The mock would be too large; ask for fewer rows.");
    return ERR_OK;
}

enum err
schema_mock_csv(struct diag *d, const struct schema *s, int64_t rows, uint64_t seed,
    struct buf *out)
{
    return make_csv(d, s, MOCK_PLAIN, rows, seed, out);
}

const char *
schema_mock_name(enum mock_kind k)
{
    static const char *const names[] = {[MOCK_PLAIN] = "plain",
        [MOCK_NO_ROWS] = "no-rows",
        [MOCK_ONE_GROUP] = "empty-groups",
        [MOCK_NULLS] = "all-null",
        [MOCK_EXTREMES] = "extremes"};

    CHECK((size_t)k < ARRAY_N(names));
    return names[k];
}

enum err
schema_awkward_csv(struct diag *d, const struct schema *s, enum mock_kind kind,
    int64_t rows, struct buf *out)
{
    return make_csv(d, s, kind, kind == MOCK_NO_ROWS ? 0 : rows, 1, out);
}
