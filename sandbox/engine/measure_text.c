/* measure_text.c -- how a vector, exact or noisy, is told.
 *
 * All of it is post-processing: a function of the vector and of declarations. */
#include "sandbox/engine/measure.h"

#include "datasite/base/check.h"
#include "policies/schema_value.h"
#include "sandbox/engine/choice.h"
#include "sandbox/engine/linear.h"
#include "sandbox/engine/moments.h"
#include "sandbox/engine/stability.h"

#include <stdlib.h>
#include <string.h>

#define MEAN_DECIMALS_MAX    12
#define ERROR_DECIMALS       3     /* of a mean's error, beyond its column's */
#define SQRT2_NUM            14143 /* a little above sqrt(2) */
#define SQRT2_DEN            10000
#define VALUE_BYTES          24
#define BLOCKS_MORE_DECIMALS 3 /* of the mean of blocks, beyond a block's */

static const struct schema_column *
measured(const struct plan *p)
{
    return &p->scope.fields[p->measure.field].type;
}

/* As many decimals as leave room for the column's greatest value, up to twelve. */
static int
mean_decimals(const struct schema_column *c)
{
    int64_t most = c->upper > -c->lower ? c->upper : -c->lower;
    int decimals = c->decimals;

    while (decimals < MEAN_DECIMALS_MAX && most <= VALUE_ABS_MAX / 20) {
        most *= 10;
        decimals++;
    }
    return decimals;
}

int
measure_decimals(const struct plan *p)
{
    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_KEYS:
    case MEASURE_HISTOGRAM:
    case MEASURE_MOST_COMMON:
    case MEASURE_ABOVE_THRESHOLD:
        return 0;
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
        return moments_decimals(p);
    case MEASURE_FIT_LOGISTIC:
        return FIT_DECIMALS;
    case MEASURE_SUM:
    case MEASURE_QUANTILE:
    case MEASURE_BOUNDS:
        return measured(p)->decimals;
    case MEASURE_MEAN:
        return mean_decimals(measured(p));
    case MEASURE_SAMPLE_AGGREGATE:
        return p->measure.program->decimals + BLOCKS_MORE_DECIMALS;
    case MEASURE_COLLECT:
        return 0;
    }
    UNREACHABLE();
}

/* ---- the mean ---- */

/* numerator / denominator with `more` further decimals, halves away from zero. The
 * digits come one by one, so that nothing exceeds 128 bits. */
static int64_t
quotient(__int128 numerator, __int128 denominator, int more)
{
    bool negative = numerator < 0;
    __int128 rest = negative ? -numerator : numerator;
    __int128 q = rest / denominator;

    rest %= denominator;
    for (int i = 0; i < more; i++) {
        rest *= 10;
        q = q * 10 + rest / denominator;
        rest %= denominator;
    }
    q += 2 * rest >= denominator;
    return (int64_t)(negative ? -q : q);
}

/* Coordinates (sum of 2x - lower - upper, weight * n): the mean is the middle plus half
 * of weight * first / second. A noisy n below 1 counts as 1, and the answer stays within
 * the bounds. */
static int64_t
mean_of(const struct plan *p, const int64_t vector[2])
{
    const struct schema_column *c = measured(p);
    int64_t weight = mean_weight(p);
    int64_t n = vector[1] > weight ? vector[1] : weight;
    int more = mean_decimals(c) - c->decimals;
    int64_t scale = power_of_ten(more);
    __int128 top = (__int128)vector[0] * weight;
    __int128 most =
        (__int128)n * weight; /* |mean - middle| is at most half the range */

    top = top > most ? most : top < -most ? -most : top;
    top += ((__int128)c->lower + c->upper) * n;
    int64_t v = quotient(top, (__int128)2 * n, more);
    if (v < c->lower * scale)
        return c->lower * scale;
    return v > c->upper * scale ? c->upper * scale : v;
}

/* The mean of what blocks said, from their noisy sum, within the declared bounds. */
static int64_t
blocks_mean(const struct plan *p, int64_t sum)
{
    const struct row_program *program = p->measure.program;
    __int128 least = (__int128)program->lower * p->measure.blocks;
    __int128 most = (__int128)program->upper * p->measure.blocks;
    __int128 v = sum < least ? least : sum > most ? most : sum;

    return quotient(v, p->measure.blocks, BLOCKS_MORE_DECIMALS);
}

static int64_t
rows_of(const struct plan *p, const int64_t *vector)
{
    int64_t n = vector[1] / mean_weight(p);

    return n > 1 ? n : 1;
}

/* ---- errors ---- */

/* A mean's two coordinates have noise of one scale, and each moves it by at most
 * 1 / (2 n) a step: together by sqrt(2) / (2 n) in width. */
static char *
mean_error(const struct plan *p, int64_t coordinate, int64_t rows, char out[32])
{
    int more = ERROR_DECIMALS;
    __int128 top = (__int128)coordinate * SQRT2_NUM * power_of_ten(more);
    __int128 bottom = (__int128)2 * (rows > 1 ? rows : 1) * SQRT2_DEN;
    __int128 width = (top + bottom - 1) / bottom;
    int64_t range = measured(p)->upper - measured(p)->lower;

    if (width > (__int128)range * power_of_ten(more)) /* no error exceeds the range */
        width = (__int128)range * power_of_ten(more);
    return fixed_text((int64_t)width, measured(p)->decimals + more, out);
}

/* The sum's half-width, divided by the blocks and rounded up. */
static char *
blocks_error(const struct plan *p, int64_t coordinate, char out[32])
{
    __int128 top = (__int128)coordinate * power_of_ten(BLOCKS_MORE_DECIMALS);
    __int128 width = (top + p->measure.blocks - 1) / p->measure.blocks;

    if (width > VALUE_ABS_MAX)
        width = VALUE_ABS_MAX;
    return fixed_text((int64_t)width, measure_decimals(p), out);
}

/* Rows by which a choice may stand behind the best one, rounded up. */
static char *
choice_error(const struct plan *p, int64_t coordinate, char out[32])
{
    int64_t row = choice_row(p);

    return fixed_text(coordinate / row + (coordinate % row > 0), 0, out);
}

/* Does the noise alone say how far the answer is off? */
static bool
has_error(const struct plan *p)
{
    static const enum measure_kind without[] = {MEASURE_KEYS, MEASURE_BOUNDS,
        MEASURE_FIT_LINEAR, MEASURE_FIT_LOGISTIC, MEASURE_COLLECT};

    for (size_t i = 0; i < ARRAY_N(without); i++)
        if (p->measure.kind == without[i])
            return false;
    return true;
}

char *
measure_error(const struct plan *p, int64_t coordinate, int64_t rows, char out[32])
{
    out[0] = '\0';
    if (!has_error(p))
        return out;
    if (p->measure.kind == MEASURE_MEAN)
        return mean_error(p, coordinate, rows, out);
    if (p->measure.kind == MEASURE_SAMPLE_AGGREGATE)
        return blocks_error(p, coordinate, out);
    if (choice_is(p))
        return choice_error(p, coordinate, out);
    if (moments_are(p))
        coordinate = moments_error(p, coordinate, rows);
    return fixed_text(coordinate, measure_decimals(p), out);
}

/* Decimal text at `decimals` places, what is beyond them cut off. */
static bool
fixed_down(struct str s, int decimals, int64_t *out)
{
    const char *point = s.len > 0 ? memchr(s.ptr, '.', s.len) : NULL;
    int64_t beyond;

    if (point != NULL && (size_t)(s.ptr + s.len - point - 1) > (size_t)decimals) {
        struct str digits = {point + 1, (size_t)(s.ptr + s.len - point - 1)};
        for (size_t i = 0; i < digits.len; i++) /* all of it has to be digits */
            if (!str_fixed((struct str){digits.ptr + i, 1}, 0, &beyond))
                return false;
        s.len = (size_t)(point - s.ptr) + (decimals > 0 ? 1 + (size_t)decimals : 0);
    }
    return str_fixed(s, decimals, out);
}

/* Decimals in which an error is asked for. */
static int
error_decimals(const struct plan *p)
{
    if (choice_is(p))
        return 0; /* rows */
    if (p->measure.kind == MEASURE_MEAN)
        return measured(p)->decimals + ERROR_DECIMALS;
    return measure_decimals(p);
}

enum err
measure_coordinate_error(
    struct diag *d, const struct plan *p, struct str error, int64_t rows, int64_t *out)
{
    __int128 width;
    int64_t asked;

    if (!has_error(p))
        return FAIL(d, ERR_INVALID,
            "The error of a %s depends on the data; name epsilon or rho.",
            measure_name(p->measure.kind));
    if (!fixed_down(error, error_decimals(p), &asked))
        return FAIL(d, ERR_INVALID, "error must be a positive decimal number.");
    width = asked;
    if (p->measure.kind == MEASURE_MEAN)
        width = width * 2 * (rows > 1 ? rows : 1) * SQRT2_DEN /
            ((__int128)SQRT2_NUM * power_of_ten(ERROR_DECIMALS));
    if (p->measure.kind == MEASURE_SAMPLE_AGGREGATE)
        width = width * p->measure.blocks / power_of_ten(BLOCKS_MORE_DECIMALS);
    if (choice_is(p))
        width *= choice_row(p);
    if (moments_are(p))
        width = moments_coordinate_error(p, asked, rows);
    if (width <= 0)
        return FAIL(d, ERR_INVALID, "An error so small cannot be asked for.");
    *out = width > INT64_MAX ? INT64_MAX : (int64_t)width;
    return ERR_OK;
}

/* ---- the document ---- */

void
measure_text_string(struct buf *out, const char *text, size_t n)
{
    json_t *s = json_stringn(text, n);
    char *quoted = s != NULL ? json_dumps(s, JSON_ENCODE_ANY) : NULL;

    if (quoted != NULL)
        buf_addz(out, quoted);
    else
        out->full = true;
    free(quoted);
    json_decref(s);
}

static void
add_key_part(struct buf *out, const struct plan *p, const struct axis *x, size_t code)
{
    const struct schema_column *c = &p->scope.fields[x->field].type;
    char scratch[32];

    if (x->texts != NULL) {
        measure_text_string(out, x->texts[code].ptr, x->texts[code].len);
    } else if (c->type == COL_INTEGER || c->type == COL_BOOLEAN) {
        buf_addz(out, schema_text(c, x->values[code], scratch));
    } else {
        const char *text = schema_text(c, x->values[code], scratch);
        measure_text_string(out, text, strlen(text));
    }
}

/* "A",true */
static void
add_key_parts(struct buf *out, const struct plan *p, size_t key)
{
    const struct grouping *g = &p->grouping;
    size_t cell = grouping_cell(g, key), stride = g->cells;

    for (size_t i = 0; i < g->axes_n; i++) {
        stride /= g->axes[i].n;
        buf_addz(out, i > 0 ? "," : "");
        add_key_part(out, p, &g->axes[i], cell / stride % g->axes[i].n);
    }
}

/* A key's answer is a list, not a number. */
static bool
is_list(const struct plan *p)
{
    return p->measure.kind == MEASURE_HISTOGRAM;
}

static void
add_value(struct buf *out, const struct plan *p, const int64_t *vector, bool exact)
{
    size_t told = measure_told(p);

    if (p->measure.kind == MEASURE_MEAN) {
        if (exact && vector[1] == 0)
            buf_addz(out, "null"); /* the mean of nothing */
        else
            buf_addf(out, "%lld", (long long)mean_of(p, vector));
        return;
    }
    if (p->measure.kind == MEASURE_SAMPLE_AGGREGATE) {
        buf_addf(out, "%lld", (long long)blocks_mean(p, vector[0]));
        return;
    }
    if (!is_list(p)) {
        buf_addf(out, "%lld", (long long)vector[0]);
        return;
    }
    buf_addz(out, "[");
    for (size_t i = 0; i < told; i++)
        buf_addf(out, "%s%lld", i > 0 ? "," : "", (long long)vector[i]);
    buf_addz(out, "]");
}

/* The error that holds for every key: a mean's is that of the smallest group. */
static char *
error_of(const struct plan *p, const int64_t *vector, int64_t coordinate, char out[32])
{
    int64_t least = 0;

    if (p->measure.kind == MEASURE_MEAN) {
        for (size_t k = 0; k < p->grouping.keys_n; k++) {
            int64_t rows = rows_of(p, vector + 2 * k);
            least = k == 0 || rows < least ? rows : least;
        }
    }
    return measure_error(p, coordinate, least, out);
}

void
measure_text_keys(const struct plan *p, struct buf *out)
{
    buf_addz(out, "\"keys\":[");
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        buf_addz(out, k > 0 ? ",[" : "[");
        add_key_parts(out, p, k);
        buf_addz(out, "]");
    }
    buf_addz(out, "],");
}

void
measure_text_named(const struct plan *p, size_t key, const char *name, struct buf *out)
{
    buf_addz(out, "[");
    add_key_parts(out, p, key);
    buf_addz(out, p->grouping.axes_n > 0 ? "," : "");
    measure_text_string(out, name, strlen(name));
    buf_addz(out, "]");
}

void
measure_text(const struct plan *p, const int64_t *vector, int64_t coordinate_error,
    struct buf *out)
{
    bool exact = p->exact, grouped = p->grouping.axes_n > 0;
    size_t told = measure_told(p);
    char error[32];

    if (grouped) {
        buf_addz(out, "{");
        measure_text_keys(p, out);
        buf_addz(out, "\"values\":[");
    } else {
        buf_addz(out, is_list(p) ? "{\"values\":" : "{\"value\":");
    }
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        buf_addz(out, k > 0 ? "," : "");
        add_value(out, p, vector + k * told, exact);
    }
    buf_addf(out, "%s,\"decimals\":%d,\"error95\":\"%s\"}", grouped ? "]" : "",
        measure_decimals(p), error_of(p, vector, coordinate_error, error));
}

/* Each number has a key of its own (measure_text_named). */
static bool
is_named(const struct plan *p)
{
    return p->measure.kind == MEASURE_BOUNDS || p->measure.kind == MEASURE_FIT_LINEAR ||
        p->measure.kind == MEASURE_FIT_LOGISTIC;
}

size_t
measure_text_bytes(const struct plan *p)
{
    size_t values = p->grouping.keys_n * measure_told(p);
    size_t keys = is_named(p) ? values : p->grouping.keys_n;
    size_t bytes = 256 + values * VALUE_BYTES;

    for (size_t i = 0; i < p->grouping.axes_n; i++) {
        const struct axis *x = &p->grouping.axes[i];
        const struct schema_column *c = &p->scope.fields[x->field].type;
        size_t longest = VALUE_BYTES;
        for (size_t k = 0; k < x->n; k++) {
            size_t n = x->texts != NULL   ? x->texts[k].len
                : c->type == COL_CATEGORY ? strlen(c->categories[x->values[k]])
                                          : 0;
            longest = n * 6 + 8 > longest ? n * 6 + 8 : longest; /* escapes */
        }
        bytes += keys * longest;
    }
    return bytes + (is_named(p) ? keys * (6 * NAME_BYTES_MAX + 8) : 0);
}
