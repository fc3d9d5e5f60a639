/* calc_value.c -- reads the calculator's arguments: numbers, closed forms, lists. */
#include "policies/calc_call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

struct reader {
    const char *at;
    int depth;
    bool bad;
};

static long double read_sum(struct reader *r);

static void
skip_space(struct reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

static bool
take(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    skip_space(r);
    if (strncmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* Digits with a point and an exponent. strtold alone would take "inf" and hex too. */
static long double
read_number(struct reader *r)
{
    char *end;

    skip_space(r);
    if (*r->at == '\0' || strchr("0123456789.", *r->at) == NULL || r->at[1] == 'x') {
        r->bad = true;
        return 0;
    }
    const char *range = strstr(r->at, "..");
    long double x = strtold(r->at, &end);

    r->bad = r->bad || end == r->at;
    r->at = range != NULL && end > range ? range : end; /* "2..32" is not "2." */
    return x;
}

/* NOLINTBEGIN(misc-no-recursion): a grammar, and DEPTH_MAX bounds it. */

static long double
read_atom(struct reader *r)
{
    long double x;

    if (++r->depth > DEPTH_MAX) {
        r->bad = true;
        return 0;
    }
    if (take(r, "ln")) {
        x = logl(read_atom(r));
    } else if (take(r, "sqrt")) {
        x = sqrtl(read_atom(r));
    } else if (take(r, "(")) {
        x = read_sum(r);
        r->bad = !take(r, ")") || r->bad;
    } else {
        x = read_number(r);
    }
    r->depth--;
    return x;
}

static long double
read_power(struct reader *r)
{
    long double x = read_atom(r);

    if (!take(r, "^"))
        return x;
    bool minus = take(r, "-");
    long double y = read_atom(r);

    return powl(x, minus ? -y : y);
}

/* "2 ln 2" is a product. */
static long double
read_product(struct reader *r)
{
    long double x = read_power(r);

    for (;;) {
        skip_space(r);
        if (take(r, "*") || strncmp(r->at, "ln", 2) == 0 ||
            strncmp(r->at, "sqrt", 4) == 0) {
            x *= read_power(r);
        } else if (take(r, "/")) {
            x /= read_power(r);
        } else {
            return x;
        }
    }
}

static long double
read_sum(struct reader *r)
{
    long double x = take(r, "-") ? -read_product(r) : read_product(r);

    for (;;) {
        if (take(r, "+")) {
            x += read_product(r);
        } else if (take(r, "-")) {
            x -= read_product(r);
        } else {
            return x;
        }
    }
}

/* NOLINTEND(misc-no-recursion) */

static bool
value_add(struct calc_value *v, long double x)
{
    if (v->n == CALC_LIST_MAX || !isfinite(x))
        return false;
    v->list[v->n++] = x;
    return true;
}

/* "from..to", both whole; read up to the points. */
static bool
read_range(struct reader *r, long double from, struct calc_value *v)
{
    long double to = read_sum(r);

    if (r->bad || from != floorl(from) || to - from >= CALC_LIST_MAX)
        return false;
    for (size_t i = 0; from + (long double)i <= to; i++) {
        if (!value_add(v, from + (long double)i))
            return false;
    }
    return true;
}

static bool
read_list(struct reader *r, struct calc_value *v)
{
    do {
        long double x = read_sum(r);

        if (r->bad || !(take(r, "..") ? read_range(r, x, v) : value_add(v, x)))
            return false;
    } while (take(r, ","));
    return true;
}

/* The orders that Opacus tries: 1.1 to 10.9 by tenths, 12 to 63. */
static bool
opacus_orders(struct calc_value *v)
{
    for (int i = 1; i < 100; i++)
        v->list[v->n++] = 1 + i / 10.0L;
    for (int i = 12; i < 64; i++)
        v->list[v->n++] = i;
    return true;
}

bool
calc_value_parse(const char *arg, struct calc_value *v)
{
    const char *equals = strchr(arg, '=');
    struct reader r = {.at = equals == NULL ? "" : equals + 1};

    *v = (struct calc_value){0};
    if (equals == NULL || equals == arg || (size_t)(equals - arg) >= sizeof v->key)
        return false;
    memcpy(v->key, arg, (size_t)(equals - arg));
    if (strcmp(r.at, "opacus default") == 0)
        return opacus_orders(v);
    bool bracket = take(&r, "[");

    if (!read_list(&r, v) || (bracket && !take(&r, "]")))
        return false;
    skip_space(&r);
    return *r.at == '\0' || *r.at == '=' || *r.at == '(';
}

/* --- readers ---------------------------------------------------------------------- */

long double
calc_refuse(struct calc_call *c, const char *key, const char *why)
{
    if (c->bad == NULL) {
        c->bad = key;
        c->why = why;
    }
    return 0;
}

const struct calc_value *
calc_find(struct calc_call *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->value[i].key, key) == 0) {
            c->value[i].used = true;
            return &c->value[i];
        }
    }
    return NULL;
}

long double
calc_any(struct calc_call *c, const char *key)
{
    const struct calc_value *v = calc_find(c, key);

    if (v == NULL)
        return calc_refuse(c, key, "is missing");
    return v->n == 1 ? v->list[0] : calc_refuse(c, key, "must be one number");
}

long double
calc_positive(struct calc_call *c, const char *key)
{
    long double x = calc_any(c, key);

    return x > 0 ? x : 1 + calc_refuse(c, key, "must be greater than 0");
}

long double
calc_not_negative(struct calc_call *c, const char *key)
{
    long double x = calc_any(c, key);

    return x >= 0 ? x : calc_refuse(c, key, "must not be negative");
}

long double
calc_probability(struct calc_call *c, const char *key)
{
    long double x = calc_any(c, key);

    return x > 0 && x < 1 ? x : 0.5L + calc_refuse(c, key, "must be between 0 and 1");
}

long double
calc_whole(struct calc_call *c, const char *key, long double least, long double most)
{
    long double x = calc_any(c, key);

    if (x == floorl(x) && x >= least && x <= most)
        return x;
    return least + calc_refuse(c, key, "must be a whole number in range");
}

long double
calc_whole_or(struct calc_call *c, const char *key, long double otherwise)
{
    return calc_find(c, key) == NULL ? otherwise : calc_whole(c, key, 1, 0x1p31L);
}

long double
calc_positive_or(struct calc_call *c, const char *key, long double otherwise)
{
    return calc_find(c, key) == NULL ? otherwise : calc_positive(c, key);
}
