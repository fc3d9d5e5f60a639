/* outcheck.c -- what an output is made of: types, size, entropy, texts. */
#include "policies/outcheck.h"

#include "policies/lualex.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS(n) (((n)*10 + 2) / 3) /* no less than they can carry */
#define TEXT_BITS     8                  /* a byte */
#define TABLE_BITS    2                  /* where it begins and ends */

/* ---- texts that are allowed ---- */

static enum err
allow(struct diag *d, json_t *texts, const char *text, size_t n)
{
    json_auto_t *key = json_stringn(text, n);

    if (key == NULL) /* no text of an output */
        return ERR_OK;
    return json_object_set_new(texts, json_string_value(key), json_true()) == 0
        ? ERR_OK
        : FAIL(d, ERR_TOO_LARGE, "the texts need too much memory");
}

enum err
outcheck_categories(struct diag *d, const struct schema *s, json_t *texts)
{
    for (size_t c = 0; c < s->columns_n; c++) {
        const struct schema_column *column = &s->columns[c];
        TRY(allow(d, texts, column->name, strlen(column->name)));
        for (size_t i = 0; i < column->categories_n; i++)
            TRY(allow(d, texts, column->categories[i], strlen(column->categories[i])));
    }
    return ERR_OK;
}

static enum err
take_literal(struct diag *d, const struct lua_token *t, struct str *out, char *room)
{
    *out = t->text;
    if (t->escaped)
        *out = (struct str){room, literal_unescape(t->text, room)};
    return out->len <= SOURCE_BYTES_MAX
        ? ERR_OK
        : FAIL(d, ERR_TOO_LARGE, "a literal is too long");
}

/* The names and literals of a text; `inner`: of a program within a literal. */
static enum err // NOLINTNEXTLINE(misc-no-recursion): once
take_text(struct diag *d, struct str source, json_t *texts, bool inner)
{
    char *room = malloc(source.len + 1);
    struct lualex x;
    enum err err = room != NULL ? ERR_OK : FAIL(d, ERR_TOO_LARGE, "no memory");

    lualex_init(&x, source);
    for (struct lua_token t = lualex_next(&x); err == ERR_OK && t.kind != LUA_END;
         t = lualex_next(&x)) {
        struct str literal = t.text;
        if (t.kind != LUA_STRING && t.kind != LUA_NAME)
            continue;
        if (t.kind == LUA_STRING)
            err = take_literal(d, &t, &literal, room);
        if (err == ERR_OK)
            err = allow(d, texts, literal.ptr, literal.len);
        if (err == ERR_OK && t.kind == LUA_STRING && !inner)
            err = take_text(d, literal, texts, true);
    }
    free(room);
    return err;
}

enum err
outcheck_literals(struct diag *d, struct str source, json_t *texts)
{
    return take_text(d, source, texts, false);
}

/* ---- the rules ---- */

struct weighing {
    const json_t *texts;
    int64_t choice;                /* bits of one of the allowed texts */
    int64_t values, bits, strange; /* texts that are not allowed */
    bool odd;                      /* something that no output is made of */
};

/* Digits that a number is written with, but for noughts at its ends. */
static int64_t
digits_of(const json_t *v)
{
    char text[64];
    int64_t digits = 0, noughts = 0;

    if (json_is_integer(v))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
    else
        snprintf(text, sizeof text, "%.15g", json_real_value(v));
    for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
        if (*p < '0' || *p > '9')
            continue;
        digits += digits > 0 || *p != '0';
        noughts = *p == '0' ? noughts + (digits > 0) : 0;
    }
    return digits > noughts ? digits - noughts : 0;
}

static int64_t
bits_of(uint64_t n)
{
    int64_t bits = 0;

    for (; n > 0; n /= 2)
        bits++;
    return bits;
}

/* Where the point stands beside the digits. */
static int64_t
shift_bits(const json_t *v, int64_t digits)
{
    double n = fabs(json_number_value(v));
    int64_t shift = n > 0 ? (int64_t)floor(log10(n)) + 1 - digits : 0;

    return bits_of((uint64_t)(shift < 0 ? -shift : shift));
}

/* An allowed text is one of so many. */
static void
weigh_text(struct weighing *w, const char *text)
{
    if (json_object_get(w->texts, text) != NULL) {
        w->bits += w->choice;
        return;
    }
    w->strange++;
    w->bits += TEXT_BITS * (int64_t)strlen(text);
}

static void
weigh_number(struct weighing *w, const json_t *v)
{
    int64_t digits = digits_of(v);

    w->bits += DIGIT_BITS(digits) + 1 + shift_bits(v, digits);
}

static void // NOLINTNEXTLINE(misc-no-recursion): OUTPUT_DEPTH_MAX deep
weigh(struct weighing *w, const json_t *v, int depth)
{
    const char *name;
    json_t *one;
    size_t i;

    if (depth > OUTPUT_DEPTH_MAX ||
        (json_is_real(v) && !isfinite(json_real_value(v)))) {
        w->odd = true;
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)v, name, one)
    {
        weigh_text(w, name);
        weigh(w, one, depth + 1);
    }
    json_array_foreach(v, i, one) weigh(w, one, depth + 1);
    if (json_is_null(v)) /* stands for an answer */
        return;
    w->values++;
    if (json_is_string(v))
        weigh_text(w, json_string_value(v));
    else if (json_is_number(v))
        weigh_number(w, v);
    else
        w->bits += json_is_boolean(v) ? 1 : TABLE_BITS;
}

static void
say(json_t *list, enum outcheck_rule rule, bool met, int64_t threshold,
    const char *detail)
{
    static const char *const names[] = {[OUTPUT_TYPES] = "output_types",
        [OUTPUT_SIZE] = "output_size",
        [OUTPUT_ENTROPY] = "output_entropy",
        [OUTPUT_TEXTS] = "output_texts"};

#ifdef MUTANT_RULE_OUTPUT
    met = met || rule == MUTANT_RULE_OUTPUT;
#endif
    json_array_append_new(list,
        json_pack("{s:s, s:b, s:s, s:I}", "name", names[rule], "met", (int)met,
            "detail", detail, "threshold", (json_int_t)threshold));
}

json_t *
outcheck(const struct sdc_limits *l, const json_t *whole, const json_t *own,
    const json_t *texts)
{
    struct weighing all = {.texts = texts}, rest = {.texts = texts};
    size_t n = json_object_size(texts);
    json_t *list = json_array();
    char detail[160];

    rest.choice = n > 1 ? bits_of(n - 1) : 0;
    weigh(&all, whole, 0);
    weigh(&rest, own, 0);
    say(list, OUTPUT_TYPES, !all.odd, OUTPUT_DEPTH_MAX,
        all.odd ? "tables are too deep, or a number is none"
                : "numbers, texts, truth values and tables of them");
    if (l->values_max > 0) {
        snprintf(detail, sizeof detail, "the output holds %lld values",
            (long long)all.values);
        say(list, OUTPUT_SIZE, all.values <= l->values_max, l->values_max, detail);
    }
    if (l->bits_max > 0) {
        snprintf(detail, sizeof detail,
            "beside answers that are checked it can carry %lld bits",
            (long long)rest.bits);
        say(list, OUTPUT_ENTROPY, rest.bits <= l->bits_max, l->bits_max, detail);
    }
    snprintf(detail, sizeof detail,
        "%lld texts are neither declared categories nor literals of the source",
        (long long)rest.strange);
    say(list, OUTPUT_TEXTS, rest.strange == 0, 0, detail);
    return list;
}
