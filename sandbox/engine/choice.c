/* choice.c -- answers that choose: quantiles among public candidates, most common values. */
#include "sandbox/engine/choice.h"

#include "datasite/base/check.h"
#include "policies/schema_value.h"
#include "policies/selection.h"
#include "sandbox/engine/measure.h"

#include <string.h>

bool
choice_is(const struct plan *p)
{
    return p->measure.kind == MEASURE_QUANTILE ||
        p->measure.kind == MEASURE_MOST_COMMON;
}

static bool
is_quantile(const struct plan *p)
{
    return p->measure.kind == MEASURE_QUANTILE;
}

size_t
choice_candidates(const struct plan *p)
{
    return is_quantile(p) ? p->measure.quantiles.candidates_n : p->measure.bins;
}

/* Lists of scores for a key: one for every quantile, or one to peel. */
static size_t
lists_n(const struct plan *p)
{
    return is_quantile(p) ? p->measure.quantiles.nums_n : 1;
}

size_t
choice_width(const struct plan *p)
{
    return lists_n(p) * choice_candidates(p);
}

size_t
choice_picks(const struct plan *p)
{
    return is_quantile(p) ? p->measure.quantiles.nums_n : p->measure.picks;
}

bool
choice_is_monotone(const struct plan *p)
{
    return !is_quantile(p);
}

uint64_t
choice_change(const struct plan *p)
{
    const struct quantiles *q = &p->measure.quantiles;
    uint64_t change = 1;

    for (size_t i = 0; is_quantile(p) && i < q->nums_n; i++)
        if (quantile_change(q->nums[i], QUANTILE_DEN) > change)
            change = quantile_change(q->nums[i], QUANTILE_DEN);
    return change * choice_candidates(p);
}

int64_t
choice_row(const struct plan *p)
{
    return (int64_t)choice_candidates(p) * (is_quantile(p) ? QUANTILE_DEN : 1);
}

/* ---- scores ---- */

/* Of equals the one nearest to the rows: the last for the lower half of quantiles, the
 * first for the upper. */
static __int128
with_tie(__int128 score, size_t at, size_t n, bool late)
{
    return score * (__int128)n + (__int128)(late ? at : n - 1 - at);
}

static void
score_quantiles(const struct plan *p, const int64_t *counts, __int128 *out)
{
    const struct plan_measure *m = &p->measure;
    const struct quantiles *q = &m->quantiles;
    size_t n = q->candidates_n, bin = 0;
    int64_t total = 0, below = 0;

    for (size_t i = 0; i < m->bins; i++)
        total += counts[i];
    for (size_t c = 0; c < n; c++) {
        int64_t at = q->from + (int64_t)c * q->step;
        while (m->edges[bin] < at)
            below += counts[bin++];
        uint64_t above = (uint64_t)(total - below - counts[bin]);
        for (size_t i = 0; i < q->nums_n; i++)
            out[i * n + c] = with_tie(
                quantile_score((uint64_t)below, above, q->nums[i], QUANTILE_DEN), c, n,
                q->nums[i] * 2 < QUANTILE_DEN);
    }
}

void
choice_scores(const struct plan *p, const int64_t *counts, __int128 *out)
{
    size_t n = choice_candidates(p);

    if (is_quantile(p)) {
        score_quantiles(p, counts, out);
        return;
    }
    for (size_t c = 0; c < n; c++)
        out[c] = with_tie(counts[c], c, n, false);
}

/* ---- choosing ---- */

struct chooser {
    const struct plan *p;
    const struct mechanism *m; /* NULL: the best, without noise */
    struct rng *r;
    int64_t *scores;
    size_t *scratch;
};

static void
peel_best(const int64_t *scores, size_t n, size_t picks, bool *taken, size_t *out)
{
    memset(taken, 0, n * sizeof *taken);
    for (size_t i = 0; i < picks; i++) {
        size_t best = n;
        for (size_t c = 0; c < n; c++)
            if (!taken[c] && (best == n || scores[c] > scores[best]))
                best = c;
        taken[best] = true;
        out[i] = best;
    }
}

/* The `picks` of one list of scores. */
static void
choose(const struct chooser *c, const __int128 *scores, size_t picks, size_t *out)
{
    size_t n = choice_candidates(c->p);

    for (size_t i = 0; i < n; i++)
        c->scores[i] = mechanism_saturate(scores[i], 0);
    if (c->m != NULL)
        selection_peel(c->m, c->r, c->scores, n, picks, c->scratch, out);
    else
        peel_best(c->scores, n, picks, (bool *)c->scratch, out);
}

/* ---- telling ---- */

static void
add_choice(struct buf *out, const struct plan *p, size_t choice)
{
    const struct quantiles *q = &p->measure.quantiles;
    const struct schema_column *c = &p->scope.fields[p->measure.field].type;
    char scratch[32];

    if (is_quantile(p)) {
        buf_addf(out, "%lld", (long long)q->from + (long long)choice * q->step);
        return;
    }
    const char *text = schema_text(c, (int64_t)choice, scratch);
    if (c->type == COL_BOOLEAN)
        buf_addz(out, text);
    else
        measure_text_string(out, text, strlen(text));
}

/* What a key's lists come to: one choice of each, or `picks` of the only one. */
static void
add_key_value(struct buf *out, const struct chooser *c, const __int128 *scores)
{
    size_t lists = lists_n(c->p), each = choice_picks(c->p) / lists;
    size_t chosen[CHOICES_MAX];

    buf_addz(out, "[");
    for (size_t i = 0; i < lists; i++) {
        choose(c, scores + i * choice_candidates(c->p), each, chosen);
        for (size_t k = 0; k < each; k++) {
            buf_addz(out, i + k > 0 ? "," : "");
            add_choice(out, c->p, chosen[k]);
        }
    }
    buf_addz(out, "]");
}

static void
tell(const struct chooser *c, const __int128 *scores, struct buf *json)
{
    const struct plan *p = c->p;
    bool grouped = p->grouping.axes_n > 0;
    char error[32];

    buf_addz(json, "{");
    if (grouped)
        measure_text_keys(p, json);
    buf_addz(json, grouped ? "\"values\":[" : "\"values\":");
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        buf_addz(json, k > 0 ? "," : "");
        add_key_value(json, c, scores + k * choice_width(p));
    }
    buf_addz(json, grouped ? "]" : "");
    if (is_quantile(p)) /* most common values are names, not numbers */
        buf_addf(json, ",\"decimals\":%d", measure_decimals(p));
    buf_addf(json, ",\"error95\":\"%s\"}",
        measure_error(p, c->m != NULL ? c->m->error95 : 0, 0, error));
}

enum err
choice_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    struct chooser c = {.p = p, .m = m, .r = r};
    size_t n = choice_candidates(p);
    __int128 *scores =
        arena_array(a, sizeof *scores, choice_width(p) * p->grouping.keys_n);

    c.scores = arena_array(a, sizeof *c.scores, n);
    c.scratch = arena_array(a, sizeof *c.scratch, n);
    if (scores == NULL || c.scores == NULL || c.scratch == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(measure_vector(d, a, p, t, scores));
    tell(&c, scores, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}
