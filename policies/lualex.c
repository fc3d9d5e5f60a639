/* lualex.c -- the tokens of a Lua 5.4 text, never its meaning. */
#include "policies/lualex.h"

#include <string.h>

void
lualex_init(struct lualex *x, struct str source)
{
    *x = (struct lualex){.source = source, .line = 1};
}

/* The byte i places on, or 0 past the end. */
static char
peek(const struct lualex *x, size_t i)
{
    if (x->at + i >= x->source.len)
        return '\0';
    return x->source.ptr[x->at + i];
}

static bool
at_end(const struct lualex *x)
{
    return x->at >= x->source.len;
}

static void
step(struct lualex *x)
{
    if (x->source.ptr[x->at++] == '\n') {
        x->line++;
        x->line_start = x->at;
    }
}

static void
step_to(struct lualex *x, size_t at)
{
    while (x->at < at && !at_end(x))
        step(x);
}

bool
name_byte(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

    return letter || (!first && c >= '0' && c <= '9');
}

/* The length of "[", "="s, "[" that opens a long bracket here; 0: it does not. */
static size_t
long_bracket(const struct lualex *x)
{
    size_t n = 1;

    if (peek(x, 0) != '[')
        return 0;
    while (peek(x, n) == '=')
        n++;
    return peek(x, n) == '[' ? n + 1 : 0;
}

/* Where the closing bracket of the same level starts, or the end of the text. */
static size_t
long_bracket_end(const struct lualex *x, size_t from, size_t open)
{
    const char *s = x->source.ptr;

    for (size_t i = from; i + open <= x->source.len; i++) {
        if (s[i] != ']' || s[i + open - 1] != ']')
            continue;
        if (memcmp(s + i + 1, s + x->at + 1, open - 2) == 0) /* as many "=" */
            return i;
    }
    return x->source.len;
}

/* A long string or the body of a long comment; steps past it. */
static struct str
long_text(struct lualex *x, size_t open)
{
    size_t from = x->at + open;
    size_t end = long_bracket_end(x, from, open);

    step_to(x, end + open);
    return (struct str){x->source.ptr + from, end - from};
}

static void
skip_comment(struct lualex *x)
{
    x->at += 2;
    size_t open = long_bracket(x);

    if (open > 0) {
        (void)long_text(x, open);
        return;
    }
    while (!at_end(x) && peek(x, 0) != '\n')
        step(x);
}

static bool
is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
skip_space(struct lualex *x)
{
    while (!at_end(x)) {
        char c = peek(x, 0);

        if (c == '-' && peek(x, 1) == '-') {
            skip_comment(x);
        } else if (is_white(c)) {
            step(x);
        } else {
            return;
        }
    }
}

/* Up to the same quote, or to the end of a line that is not continued. */
static struct str
quoted_text(struct lualex *x, bool *escaped)
{
    char quote = peek(x, 0);

    step(x);
    size_t from = x->at;

    while (!at_end(x) && peek(x, 0) != quote && peek(x, 0) != '\n') {
        bool escape = peek(x, 0) == '\\' && x->at + 1 < x->source.len;

        if (escape)
            step(x);
        if (escape &&
            peek(x, 0) == 'z') { /* the white space behind it, new lines too */
            while (is_white(peek(x, 1)))
                step(x);
        }
        *escaped = *escaped || escape;
        step(x);
    }
    struct str text = {x->source.ptr + from, x->at - from};

    if (peek(x, 0) == quote)
        step(x);
    return text;
}

static bool
is_exponent(char c)
{
    return c == 'e' || c == 'E' || c == 'p' || c == 'P';
}

/* Digits, letters, points, and a sign behind an exponent's letter. */
static size_t
number_length(const struct lualex *x)
{
    size_t n = 0;

    for (;; n++) {
        char c = peek(x, n);
        bool sign = (c == '+' || c == '-') && n > 0 && is_exponent(peek(x, n - 1));

        if (!sign && c != '.' && !name_byte(c, false))
            return n;
    }
}

static bool
number_starts(const struct lualex *x)
{
    char c = peek(x, peek(x, 0) == '.');

    return c >= '0' && c <= '9';
}

static size_t
name_length(const struct lualex *x)
{
    size_t n = 0;

    while (name_byte(peek(x, n), n == 0))
        n++;
    return n;
}

/* ".." and "..." are one token each, so that a field's "." stands alone. */
static size_t
other_length(const struct lualex *x)
{
    size_t n = 1;

    while (peek(x, 0) == '.' && n < 3 && peek(x, n) == '.')
        n++;
    if (peek(x, 1) == '=' && strchr("=~<>", peek(x, 0)) != NULL)
        return 2;
    if (peek(x, 0) == ':' && peek(x, 1) == ':')
        return 2;
    return n;
}

struct lua_token
lualex_next(struct lualex *x)
{
    skip_space(x);
    struct lua_token t = {
        .line = x->line,
        .column = (int)(x->at - x->line_start) + 1,
    };
    if (at_end(x))
        return t;
    size_t from = x->at, open = long_bracket(x), name = name_length(x);

    if (open > 0) {
        t.kind = LUA_STRING;
        t.text = long_text(x, open);
        return t;
    }
    if (peek(x, 0) == '"' || peek(x, 0) == '\'') {
        t.kind = LUA_STRING;
        t.text = quoted_text(x, &t.escaped);
        return t;
    }
    if (name > 0) {
        t.kind = LUA_NAME, x->at += name;
    } else if (number_starts(x)) {
        t.kind = LUA_NUMBER, x->at += number_length(x);
    } else {
        t.kind = LUA_OTHER, x->at += other_length(x);
    }
    t.text = (struct str){x->source.ptr + from, x->at - from};
    return t;
}

/* --- escapes ---------------------------------------------------------------------- */

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t
utf8_put(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf0 << (4 - n)) | c);
    return n;
}

/* Digits of the base after s, at most max of them; how many there are. */
static size_t
digits(struct str s, int base, size_t max, uint32_t *value)
{
    size_t n = 0;

    *value = 0;
    while (
        n < max && n < s.len && hex_value(s.ptr[n]) >= 0 && hex_value(s.ptr[n]) < base)
        *value = *value * (uint32_t)base + (uint32_t)hex_value(s.ptr[n++]);
    return n;
}

/* "u{…}" behind the backslash: never longer than what it was written with. */
static size_t
unescape_code_point(struct str s, char *out, size_t *out_n)
{
    uint32_t code;
    struct str inner = {s.ptr + 2, s.len - 2};
    size_t n = digits(inner, 16, 6, &code);

    if (n == 0 || n >= inner.len || inner.ptr[n] != '}' || code > 0x10ffff)
        return 0;
    *out_n = utf8_put(code, out);
    return n + 3;
}

static size_t
white_length(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_white(s.ptr[n]))
        n++;
    return n;
}

/* One escape behind its backslash: how many bytes it has, and what it stands for. */
static size_t
unescape_one(struct str s, char *out, size_t *out_n)
{
    static const char letter[] = "abfnrtv\\\"'\n";
    static const char means[] = "\a\b\f\n\r\t\v\\\"'\n";
    const char *at = s.ptr[0] == '\0' ? NULL : strchr(letter, s.ptr[0]);
    uint32_t value;
    size_t n;

    *out_n = 1;
    if (at != NULL) {
        *out = means[at - letter];
        return 1;
    }
    if (s.ptr[0] == 'z') {
        *out_n = 0;
        return 1 + white_length((struct str){s.ptr + 1, s.len - 1});
    }
    if (s.ptr[0] == 'x' &&
        digits((struct str){s.ptr + 1, s.len - 1}, 16, 2, &value) == 2) {
        *out = (char)value;
        return 3;
    }
    if (s.ptr[0] == 'u' && s.len > 2 && s.ptr[1] == '{')
        return unescape_code_point(s, out, out_n);
    n = digits(s, 10, 3, &value);
    *out = (char)value;
    return value <= 255 ? n : 0;
}

size_t
literal_unescape(struct str text, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len;) {
        size_t used = 0, made = 0;

        if (text.ptr[i] == '\\' && i + 1 < text.len) {
            used = unescape_one(
                (struct str){text.ptr + i + 1, text.len - i - 1}, out + n, &made);
        }
        if (used == 0) {
            out[n++] = text.ptr[i++];
        } else {
            n += made;
            i += used + 1;
        }
    }
    return n;
}
