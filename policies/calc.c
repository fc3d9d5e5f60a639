/* calc.c -- the privacy calculator: finds a formula, reads its arguments, prints. */
#include "policies/calc.h"

#include "datasite/base/arena.h"
#include "datasite/base/check.h"
#include "datasite/base/str.h"
#include "policies/calc_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct calc_fn *
function_at(size_t i)
{
    static const struct calc_fn *const families[] = {
        calc_accounting,
        calc_loss,
        calc_noise,
        calc_selection,
    };

    for (size_t f = 0; f < ARRAY_N(families); f++) {
        for (const struct calc_fn *fn = families[f]; fn->name != NULL; fn++) {
            if (i-- == 0)
                return fn;
        }
    }
    return NULL;
}

static const struct calc_fn *
function_find(const char *name)
{
    const struct calc_fn *fn;

    for (size_t i = 0; (fn = function_at(i)) != NULL; i++) {
        if (strcmp(fn->name, name) == 0)
            return fn;
    }
    return NULL;
}

bool
calc_function(size_t i, const char **name, const char **args)
{
    const struct calc_fn *fn = function_at(i);

    if (fn == NULL)
        return false;
    *name = fn->name;
    *args = fn->args;
    return true;
}

static enum err
call_parse(struct diag *d, size_t n, const char *const *args, struct calc_call *c)
{
    if (n > CALC_ARGS_MAX)
        return FAIL(d, ERR_INVALID, "too many arguments");
    for (size_t i = 0; i < n; i++) {
        struct calc_value *v = &c->value[i];

        if (!calc_value_parse(args[i], v)) {
            return FAIL(
                d, ERR_INVALID, "cannot read \"%.80s\": write key=number", args[i]);
        }
        if (calc_find(c, v->key) != NULL)
            return FAIL(d, ERR_INVALID, "%s is given twice", v->key);
        c->n = i + 1;
    }
    for (size_t i = 0; i < n; i++)
        c->value[i].used = false;
    return ERR_OK;
}

/* Every argument must have been asked for: a misspelt one must not pass unseen. */
static enum err
call_check(struct diag *d, const struct calc_fn *fn, const struct calc_call *c,
    long double result)
{
    if (c->bad != NULL) {
        return FAIL(
            d, ERR_INVALID, "%s %s; %s takes %s", c->bad, c->why, fn->name, fn->args);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (!c->value[i].used) {
            return FAIL(d, ERR_INVALID, "%s has no argument %s; it takes %s", fn->name,
                c->value[i].key, fn->args);
        }
    }
    if (!isfinite(result))
        return FAIL(d, ERR_INVALID, "%s has no finite value there", fn->name);
    return ERR_OK;
}

static void
print_number(struct buf *b, long double x)
{
    bool whole = x == floorl(x) && fabsl(x) <= 0x1p63L;

    if (whole) {
        buf_addf(b, "%.0Lf", x);
    } else {
        buf_addf(b, "%.15Lg", x);
    }
}

/* One number, or "[1, 2, 3]". */
static void
print(const struct calc_call *c, long double x, char out[64])
{
    BUF_SCOPE(b);

    buf_init(&b, 4096);
    buf_addz(&b, c->also_n > 0 ? "[" : "");
    print_number(&b, x);
    for (size_t i = 0; i < c->also_n; i++) {
        buf_addz(&b, ", ");
        print_number(&b, c->also[i]);
    }
    buf_addz(&b, c->also_n > 0 ? "]" : "");
    snprintf(out, 64, "%.*s", (int)b.len, b.ptr == NULL ? "" : b.ptr);
}

enum err
calc_run(
    struct diag *d, const char *fn, size_t n, const char *const *args, char out[64])
{
    ARENA_SCOPE(a, sizeof(struct calc_call) + 4096);
    struct calc_call *c = a == NULL ? NULL : arena_array(a, sizeof *c, 1);
    const struct calc_fn *f = function_find(fn);

    if (f == NULL)
        return FAIL(d, ERR_NOT_FOUND,
            "there is no function %.60s; `datasite calc list` prints all", fn);
    if (c == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the calculator needs more memory");
    TRY(call_parse(d, n, args, c));
    long double x = f->run(c);

    TRY(call_check(d, f, c, x));
    print(c, x, out);
    return ERR_OK;
}
