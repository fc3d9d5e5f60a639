/* pattern.c -- a source with holes, and which sources fill them within bounds. */
#include "policies/pattern.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"

#include <string.h>

#define HOLE_OPEN    STR("${")
#define NUMBER_BYTES "0123456789.-"
#define WORD_BYTES   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ -"
#define DECIMALS     9

/* Reading a pattern */

static bool
name_ok(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_BYTES_MAX && name[0] >= 'a' && name[0] <= 'z' &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static enum err
bad_param(struct diag *d, const char *name, const char *why)
{
    return FAIL_FIELD(
        d, ERR_INVALID, "/parameters", "the parameter %.63s %s", name, why);
}

static enum err
words_take(
    struct diag *d, struct arena *a, const json_t *values, struct pattern_param *out)
{
    const json_t *v;
    size_t i;

    out->words_n = json_array_size(values);
    out->words = arena_array(a, sizeof *out->words, out->words_n + 1);
    if (out->words == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the parameters need too much memory");
    if (out->words_n == 0 || out->words_n > PATTERN_WORDS_MAX)
        return bad_param(d, out->name, "lists 1 to 100 values");
    json_array_foreach(values, i, v)
    {
        const char *word = json_string_value(v);

        if (word == NULL || word[0] == '\0' || strlen(word) > NAME_BYTES_MAX ||
            word[strspn(word, WORD_BYTES)] != '\0')
            return bad_param(
                d, out->name, "has values of letters, digits, _, - and blanks");
        out->words[i] = arena_strf(a, "%s", word);
        if (out->words[i] == NULL)
            return FAIL(d, ERR_TOO_LARGE, "the parameters need too much memory");
    }
    return ERR_OK;
}

static enum err
param_take(struct diag *d, struct arena *a, const char *name, json_t *v,
    struct pattern_param *out)
{
    const char *lower = NULL, *upper = NULL;
    json_t *values = NULL;

    out->name = arena_strf(a, "%s", name);
    if (out->name == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the parameters need too much memory");
    if (!name_ok(name))
        return bad_param(d, name, "is named by small letters, digits and _");
    TRY(json_take(d, v, "{s?s, s?s, s?o !}", "lower", &lower, "upper", &upper, "values",
        &values));
    if ((values != NULL) == (lower != NULL || upper != NULL))
        return bad_param(d, name, "has either bounds or values");
    if (values != NULL)
        return words_take(d, a, values, out);
    if (lower == NULL || upper == NULL ||
        !str_fixed(str_of(lower), DECIMALS, &out->lower) ||
        !str_fixed(str_of(upper), DECIMALS, &out->upper) || out->lower > out->upper)
        return bad_param(
            d, name, "has a lower and an upper bound, decimal texts in order");
    return ERR_OK;
}

/* Holes */

struct hole {
    size_t from, to; /* bytes of the pattern, from '$' to after '}' */
    size_t param;    /* params_n: there is no such parameter */
};

/* The first hole at or after `at`; false: there is none. */
static bool
hole_next(const struct pattern *p, size_t at, struct hole *out)
{
    struct str s = p->source;
    const char *open = memmem(s.ptr + at, s.len - at, HOLE_OPEN.ptr, HOLE_OPEN.len);

    if (open == NULL)
        return false;
    const char *name = open + HOLE_OPEN.len;
    const char *close = memchr(name, '}', (size_t)(s.ptr + s.len - name));

    out->from = (size_t)(open - s.ptr);
    out->to = close != NULL ? (size_t)(close - s.ptr) + 1 : s.len;
    out->param = 0;
    while (out->param < p->params_n && close != NULL &&
        !str_eq((struct str){name, (size_t)(close - name)},
            str_of(p->params[out->param].name)))
        out->param++;
    if (close == NULL)
        out->param = p->params_n;
    return true;
}

static enum err
holes_check(struct diag *d, const struct pattern *p)
{
    bool used[PATTERN_PARAMS_MAX] = {false};
    struct hole h;
    size_t at = 0;
    bool first = true;

    for (; hole_next(p, at, &h); at = h.to, first = false) {
        if (h.param == p->params_n) {
            return FAIL_FIELD(
                d, ERR_INVALID, "/source", "a hole ${name} needs a parameter");
        }
        if (!first && h.from == at)
            return FAIL_FIELD(d, ERR_INVALID, "/source", "two holes touch");
        used[h.param] = true;
    }
    for (size_t i = 0; i < p->params_n; i++) {
        if (!used[i])
            return bad_param(d, p->params[i].name, "has no hole");
    }
    return ERR_OK;
}

enum err
pattern_parse(struct diag *d, struct arena *a, struct str source, json_t *params,
    struct pattern *out)
{
    const char *name;
    json_t *v;

    *out = (struct pattern){.source = source};
    if (json_object_size(params) > PATTERN_PARAMS_MAX) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/parameters", "at most %d parameters", PATTERN_PARAMS_MAX);
    }
    out->params = arena_array(a, sizeof *out->params, PATTERN_PARAMS_MAX);
    if (out->params == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the parameters need too much memory");
    json_object_foreach(params, name, v)
    {
        TRY(param_take(d, a, name, v, &out->params[out->params_n]));
        out->params_n++;
    }
    return holes_check(d, out);
}

/* Matching */

/* What stands in a hole: as many bytes as could belong to a value. */
static struct str
value_at(const struct pattern_param *p, struct str s)
{
    const char *bytes = p->words != NULL ? WORD_BYTES : NUMBER_BYTES;
    size_t n = 0;

    while (n < s.len && s.ptr[n] != '\0' && strchr(bytes, s.ptr[n]) != NULL)
        n++;
    return (struct str){s.ptr, n};
}

static bool
value_ok(const struct pattern_param *p, struct str value)
{
    int64_t number;

    for (size_t i = 0; i < p->words_n; i++) {
        if (str_eq(value, str_of(p->words[i])))
            return true;
    }
#ifdef MUTANT_RULE_RANGE
    return true;
#endif
    return p->words == NULL && str_fixed(value, DECIMALS, &number) &&
        number >= p->lower && number <= p->upper;
}

/* Takes bytes that must stand there as they are. */
static bool
take(struct str *s, struct str piece)
{
    if (!str_starts(*s, piece))
        return false;
    *s = (struct str){s->ptr + piece.len, s->len - piece.len};
    return true;
}

bool
pattern_match(const struct pattern *p, struct str source)
{
    struct str seen[PATTERN_PARAMS_MAX] = {0}, rest = source, value;
    struct hole h;
    size_t at = 0;

    for (; hole_next(p, at, &h); at = h.to) {
        const struct pattern_param *param = &p->params[h.param];

        CHECK(h.param < p->params_n); /* pattern_parse saw to it */
        if (!take(&rest, (struct str){p->source.ptr + at, h.from - at}))
            return false;
        value = value_at(param, rest);
        if (!value_ok(param, value) ||
            (seen[h.param].ptr != NULL && !str_eq(seen[h.param], value)) ||
            !take(&rest, value))
            return false;
        seen[h.param] = value;
    }
    return take(&rest, (struct str){p->source.ptr + at, p->source.len - at}) &&
        rest.len == 0;
}
