/* parts.c -- what questions about disjoint parts cost together. */
#include "sandbox/engine/parts.h"

#include "datasite/base/arena.h"
#include "datasite/base/digest.h"

#define AMOUNTS 3

/* rho, delta, epsilon, side by side: each composes on its own. */
struct amounts {
    int64_t of[AMOUNTS];
};
struct part_tally {
    struct part_tally *next;
    struct digest group;
    size_t parts_n;
    int64_t reach;
    struct amounts *parts; /* by part: what it was asked for */
    struct amounts charged;
};

static struct amounts
amounts_of(struct budget b)
{
    return (struct amounts){
        {b.rho_nano, b.delta_atto, b.eps_nano == EPS_NONE ? 0 : b.eps_nano}};
}

static enum err
find_tally(
    struct diag *d, struct parts *s, const struct partition *p, struct part_tally **out)
{
    struct part_tally *t = s->first;

    while (t != NULL && !digest_eq(t->group, p->group))
        t = t->next;
    *out = t;
    if (t != NULL)
        return ERR_OK;
    *out = t = arena_array(s->a, sizeof *t, 1);
    if (t == NULL ||
        (t->parts = arena_array(s->a, sizeof *t->parts, p->parts_n)) == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The partition needs too much memory.");
    t->group = p->group;
    t->parts_n = p->parts_n;
    t->reach = p->reach;
    t->next = s->first;
    s->first = t;
    return ERR_OK;
}

static int64_t
asked_of(const struct part_tally *t, size_t part, const struct amounts *more,
    size_t more_part, int k)
{
    return t->parts[part].of[k] + (part == more_part ? more->of[k] : 0);
}

/* The sum over the `reach` dearest parts, `more` being asked of one; -1: too great. */
static int64_t
dearest(const struct part_tally *t, const struct amounts *more, size_t more_part, int k)
{
    int64_t sum = 0, least = INT64_MAX, left = t->reach;

    while (left > 0) { /* value by value, from the greatest */
        int64_t best = -1, times = 0;
        for (size_t i = 0; i < t->parts_n; i++) {
            int64_t v = asked_of(t, i, more, more_part, k);
            if (v >= least || v < best)
                continue;
            times = v > best ? 1 : times + 1;
            best = v;
        }
        if (best <= 0)
            break;
        int64_t taken = times < left ? times : left, product;
        if (__builtin_mul_overflow(best, taken, &product) ||
            __builtin_add_overflow(sum, product, &sum))
            return -1;
        left -= taken;
        least = best;
    }
    return sum;
}

static enum err
check_cap(struct diag *d, const struct part_tally *t, const struct partition *p,
    const struct question *q, const struct amounts *more)
{
    const int64_t caps[AMOUNTS] = {p->cap.rho_nano, p->cap.delta_atto, p->cap.eps_nano};

    if (p->cap.eps_nano >= 0 && question_price(q).eps_nano == EPS_NONE)
        return FAIL(d, ERR_POLICY, "A part that is paid in epsilon takes no rho.");
    for (int k = 0; k < AMOUNTS; k++)
        if (caps[k] >= 0 && asked_of(t, p->part, more, p->part, k) > caps[k])
            return FAIL(d, ERR_POLICY, "More than was declared for a part.");
    return ERR_OK;
}

enum err
parts_price(
    struct diag *d, struct parts *s, const struct question *q, struct budget *out)
{
    struct partition p = question_partition(q);
    struct budget price = question_price(q);
    struct amounts more = amounts_of(price), extra;
    struct part_tally *t;

    *out = price;
    if (p.parts_n == 0 || question_is_exact(q))
        return ERR_OK;
    TRY(find_tally(d, s, &p, &t));
    TRY(check_cap(d, t, &p, q, &more));
    for (int k = 0; k < AMOUNTS; k++) {
        int64_t sum = dearest(t, &more, p.part, k);
        if (sum < 0)
            return FAIL(d, ERR_INVALID, "The price of the parts is too great.");
        extra.of[k] = sum > t->charged.of[k] ? sum - t->charged.of[k] : 0;
    }
    *out = (struct budget){.rho_nano = extra.of[0],
        .delta_atto = extra.of[1],
        .eps_nano = price.eps_nano == EPS_NONE ? EPS_NONE : extra.of[2]};
    return ERR_OK;
}

void
parts_paid(struct parts *s, const struct question *q)
{
    struct partition p = question_partition(q);
    struct amounts more = amounts_of(question_price(q));
    struct part_tally *t = s->first;

    while (t != NULL && !digest_eq(t->group, p.group))
        t = t->next;
    if (p.parts_n == 0 || t == NULL || question_is_exact(q))
        return;
    for (int k = 0; k < AMOUNTS; k++) {
        int64_t sum = dearest(t, &more, p.part, k);
        t->charged.of[k] = sum > t->charged.of[k] ? sum : t->charged.of[k];
        t->parts[p.part].of[k] += more.of[k];
    }
}
