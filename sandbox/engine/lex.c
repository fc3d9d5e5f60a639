/* lex.c -- the words of an expression in Lua syntax. */
#include "sandbox/engine/lex.h"

#include "datasite/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {"and", "or", "not", "true", "false", "nil"};
/* The longer of two that begin alike stands first. */
static const char *const symbols[] = {"//", "==", "~=", "<=", ">=", "+", "-", "*", "/",
    "%", "<", ">", "(", ")", ".", "[", "]", ","};

enum err
lex_fail(const struct lexer *l, int column, const char *fmt, ...)
{
    char why[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return FAIL(l->d, ERR_INVALID, "%s, column %d: %s", l->what, column, why);
}

bool
lex_is(const struct lex *t, const char *text)
{
    return (t->kind == LEX_SYMBOL || t->kind == LEX_WORD) &&
        str_eq(t->text, str_of(text));
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static enum err
lex_number(struct lexer *l, struct lex *out)
{
    size_t from = l->at;
    const struct str *s = &l->source;

    while (l->at < s->len && is_digit(s->ptr[l->at]))
        l->at++;
    if (l->at + 1 < s->len && s->ptr[l->at] == '.' && is_digit(s->ptr[l->at + 1]))
        for (l->at++; l->at < s->len && is_digit(s->ptr[l->at]);)
            l->at++;
    if (l->at < s->len && (is_letter(s->ptr[l->at]) || s->ptr[l->at] == '.'))
        return lex_fail(l, out->column, "numbers are written in digits, such as 1.5");
    out->kind = LEX_NUMBER;
    out->text = (struct str){s->ptr + from, l->at - from};
    return ERR_OK;
}

static void
lex_name(struct lexer *l, struct lex *out)
{
    size_t from = l->at;

    while (l->at < l->source.len &&
        (is_letter(l->source.ptr[l->at]) || is_digit(l->source.ptr[l->at])))
        l->at++;
    out->kind = LEX_NAME;
    out->text = (struct str){l->source.ptr + from, l->at - from};
    for (size_t i = 0; i < ARRAY_N(words); i++)
        if (str_eq(out->text, str_of(words[i])))
            out->kind = LEX_WORD;
}

/* The character that a backslash and c stand for; NUL: none. */
static char
escaped(char c)
{
    static const char from[] = "\\'\"nt", to[] = "\\'\"\n\t";
    const char *p = c == '\0' ? NULL : strchr(from, c);

    if (p == NULL)
        return '\0';
    return to[p - from];
}

static enum err
lex_string(struct lexer *l, struct lex *out)
{
    char quote = l->source.ptr[l->at++];
    char *text = arena_array(l->a, 1, l->source.len - l->at + 1);
    size_t n = 0;

    if (text == NULL)
        return FAIL(l->d, ERR_TOO_LARGE, "The question needs too much memory.");
    while (l->at < l->source.len && l->source.ptr[l->at] != quote) {
        char c = l->source.ptr[l->at++];
        if (c == '\\' && l->at < l->source.len)
            c = escaped(l->source.ptr[l->at++]);
        if (c == '\0')
            return lex_fail(l, out->column, "this escape in a string is not read here");
        text[n++] = c;
    }
    if (l->at == l->source.len)
        return lex_fail(l, out->column, "the string is not closed");
    l->at++;
    out->kind = LEX_STRING;
    out->text = (struct str){text, n};
    return ERR_OK;
}

/* What other languages write, and Lua otherwise. */
static enum err
lex_foreign(struct lexer *l, const struct lex *out, struct str rest)
{
    static const struct {
        struct str symbol;
        const char *text;
    } foreign[] = {
        {STR("="), "equality is written =="},
        {STR("!="), "inequality is written ~="},
        {STR("!"), "negation is written not"},
        {STR("&&"), "both conditions is written and"},
        {STR("||"), "either condition is written or"},
        {STR("^"), "there are no powers here; x * x is a square"},
    };

    for (size_t i = 0; i < ARRAY_N(foreign); i++)
        if (str_starts(rest, foreign[i].symbol))
            return lex_fail(l, out->column, "%s", foreign[i].text);
    return lex_fail(l, out->column,
        "this character has no place here; a field with an unusual name is written "
        "row[\"its name\"]");
}

static enum err
lex_symbol(struct lexer *l, struct lex *out)
{
    struct str rest = {l->source.ptr + l->at, l->source.len - l->at};

    if (str_starts(rest, STR("--")))
        return lex_fail(l, out->column, "write a space between two minus signs");
    for (size_t i = 0; i < ARRAY_N(symbols); i++) {
        struct str symbol = str_of(symbols[i]);
        if (str_starts(rest, symbol)) {
            out->kind = LEX_SYMBOL;
            out->text = symbol;
            l->at += symbol.len;
            return ERR_OK;
        }
    }
    return lex_foreign(l, out, rest);
}

enum err
lex_next(struct lexer *l, struct lex *out)
{
    const struct str *s = &l->source;

    while (l->at < s->len &&
        (s->ptr[l->at] == ' ' || s->ptr[l->at] == '\t' || s->ptr[l->at] == '\n'))
        l->at++;
    *out = (struct lex){.kind = LEX_END, .column = (int)l->at + 1};
    if (l->at == s->len)
        return ERR_OK;
    if (is_digit(s->ptr[l->at]))
        return lex_number(l, out);
    if (s->ptr[l->at] == '"' || s->ptr[l->at] == '\'')
        return lex_string(l, out);
    if (!is_letter(s->ptr[l->at]))
        return lex_symbol(l, out);
    lex_name(l, out);
    return ERR_OK;
}
