/* json.c -- the only door to Jansson. */
#include "datasite/base/json.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Deepest nesting of brackets outside strings. Looked at before parsing, so that no
 * parser recurses into what a stranger sent. */
static int
json_depth(struct str text)
{
    bool quoted = false;
    int depth = 0, deepest = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest)
                deepest = depth;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return deepest;
}

enum err
json_parse(struct diag *d, struct str text, json_t **out)
{
    json_error_t error;

    if (json_depth(text) > JSON_DEPTH_MAX)
        return FAIL(d, ERR_INVALID, "the JSON nests deeper than %d", JSON_DEPTH_MAX);
    if (memchr(text.len == 0 ? "" : text.ptr, '\0', text.len) != NULL)
        return FAIL(d, ERR_INVALID, "the JSON holds a NUL byte");
    *out = json_loadb(text.len == 0 ? "" : text.ptr, text.len,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (*out == NULL) {
        return FAIL(d, ERR_INVALID, "not JSON: line %d, column %d: %s", error.line,
            error.column, error.text);
    }
    return ERR_OK;
}

/* One open object or array of the format. */
struct level {
    json_t *value; /* NULL: it is missing and may be; what is inside is passed over */
    char close;
    size_t path_len; /* of the pointer up to here */
    size_t taken_n;  /* members or elements so far */
    const char *taken[64];
};

struct take {
    struct diag *d;
    const char *fmt; /* the next letter */
    char path[128];  /* a JSON Pointer */
    size_t path_len;
    struct level levels[8];
    int depth;
    bool may_miss; /* the value at hand */
    va_list ap;
};

static enum err
take_fail(struct take *t, const char *why)
{
    return FAIL_FIELD(t->d, ERR_INVALID, t->path, "%s %s",
        t->path[0] == '\0' ? "the body" : t->path, why);
}

/* Adds a step to the pointer; one that is too long is cut. */
static void
take_step(struct take *t, const char *name)
{
    size_t n = t->path_len, max = sizeof t->path - 3;

    if (n < max)
        t->path[n++] = '/';
    for (; *name != '\0' && n < max; name++) {
        if (*name == '~' || *name == '/') {
            t->path[n++] = '~';
            t->path[n++] = *name == '~' ? '0' : '1';
        } else {
            t->path[n++] = *name;
        }
    }
    t->path[n] = '\0';
    t->path_len = n;
}

static void
take_back(struct take *t, size_t path_len)
{
    t->path_len = path_len;
    t->path[path_len] = '\0';
}

/* Up to the next letter that means something. */
static void
take_space(struct take *t)
{
    t->fmt += strspn(t->fmt, " \t\n,:");
}

static enum err
take_string(struct take *t, const json_t *v)
{
    const char **text = va_arg(t->ap, const char **);
    size_t *len = NULL;

    if (*t->fmt == '%') {
        t->fmt++;
        len = va_arg(t->ap, size_t *);
    }
    if (v == NULL)
        return ERR_OK;
    if (!json_is_string(v))
        return take_fail(t, "must be a string");
    *text = json_string_value(v);
    if (len != NULL)
        *len = json_string_length(v);
    return ERR_OK;
}

static enum err
take_number(struct take *t, char letter, const json_t *v)
{
    void *out = va_arg(t->ap, void *);

    if (v == NULL)
        return ERR_OK;
    if (letter == 'f' || letter == 'F') {
        if (letter == 'f' ? !json_is_real(v) : !json_is_number(v))
            return take_fail(t, "must be a number");
        *(double *)out = json_number_value(v);
        return ERR_OK;
    }
    if (!json_is_integer(v))
        return take_fail(t, "must be an integer");
    if (letter == 'I') {
        *(json_int_t *)out = json_integer_value(v);
        return ERR_OK;
    }
    if (json_integer_value(v) < INT_MIN || json_integer_value(v) > INT_MAX)
        return take_fail(t, "is out of range");
    *(int *)out = (int)json_integer_value(v);
    return ERR_OK;
}

static enum err
take_bool(struct take *t, const json_t *v)
{
    int *out = va_arg(t->ap, int *);

    if (v == NULL)
        return ERR_OK;
    if (!json_is_boolean(v))
        return take_fail(t, "must be true or false");
    *out = json_is_true(v);
    return ERR_OK;
}

static enum err
take_json(struct take *t, char letter, json_t *v)
{
    json_t **out = va_arg(t->ap, json_t **);

    if (v != NULL)
        *out = letter == 'O' ? json_incref(v) : v;
    return ERR_OK;
}

static enum err
take_open(struct take *t, char letter, json_t *v)
{
    CHECK(t->depth < (int)ARRAY_N(t->levels));
    if (v != NULL && letter == '{' && !json_is_object(v))
        return take_fail(t, "must be an object");
    if (v != NULL && letter == '[' && !json_is_array(v))
        return take_fail(t, "must be an array");
    t->levels[t->depth++] = (struct level){
        .value = v, .close = letter == '{' ? '}' : ']', .path_len = t->path_len};
    return ERR_OK;
}

/* Takes the value at hand as the next letter says. */
static enum err
take_value(struct take *t, json_t *v)
{
    char letter = *t->fmt++;

    if (v == NULL && !t->may_miss)
        return take_fail(t, "is missing");
    switch (letter) {
    case 's':
        return take_string(t, v);
    case 'i':
    case 'I':
    case 'f':
    case 'F':
        return take_number(t, letter, v);
    case 'b':
        return take_bool(t, v);
    case 'n':
        return v == NULL || json_is_null(v) ? ERR_OK : take_fail(t, "must be null");
    case 'o':
    case 'O':
        return take_json(t, letter, v);
    case '{':
    case '[':
        return take_open(t, letter, v);
    default:
        UNREACHABLE();
    }
}

static bool
level_took(const struct level *l, const char *key)
{
    for (size_t i = 0; i < l->taken_n; i++) {
        if (strcmp(l->taken[i], key) == 0)
            return true;
    }
    return false;
}

/* `!`: nothing but what was taken may be there. */
static enum err
take_no_rest(struct take *t, const struct level *l)
{
    const char *key;
    json_t *member;

    if (json_is_array(l->value) && json_array_size(l->value) > l->taken_n)
        return take_fail(t, "has too many elements");
    if (!json_is_object(l->value))
        return ERR_OK;
    json_object_foreach(l->value, key, member)
    {
        if (level_took(l, key))
            continue;
        take_step(t, key);
        return take_fail(t, "is not known here");
    }
    return ERR_OK;
}

/* The member or element that comes next in the open object or array. */
static enum err
take_member(struct take *t, struct level *l)
{
    char index[24];
    const char *name = index;
    json_t *v;

    CHECK(l->taken_n < ARRAY_N(l->taken));
    if (l->close == '}') {
        CHECK(*t->fmt++ == 's');
        name = va_arg(t->ap, const char *);
        v = json_object_get(l->value, name);
        l->taken[l->taken_n++] = name;
    } else {
        snprintf(index, sizeof index, "%zu", l->taken_n);
        v = json_array_get(l->value, l->taken_n++);
    }
    t->may_miss = l->value == NULL;
    if (*t->fmt == '?') {
        t->may_miss = true;
        t->fmt++;
    }
    take_space(t);
    take_step(t, name);
    return take_value(t, v);
}

static enum err
take_next(struct take *t)
{
    struct level *l = &t->levels[t->depth - 1];

    if (*t->fmt == '!' || *t->fmt == '*') {
        if (*t->fmt++ == '!')
            TRY(take_no_rest(t, l));
        CHECK(*t->fmt == l->close);
    }
    if (*t->fmt == l->close) {
        t->fmt++;
        t->depth--;
    } else {
        TRY(take_member(t, l));
    }
    if (t->depth > 0)
        take_back(t, t->levels[t->depth - 1].path_len);
    return ERR_OK;
}

static enum err
take_all(struct take *t, json_t *v)
{
    take_space(t);
    TRY(take_value(t, v));
    for (take_space(t); t->depth > 0; take_space(t))
        TRY(take_next(t));
    CHECK(*t->fmt == '\0');
    return ERR_OK;
}

enum err
json_take(struct diag *d, json_t *obj, const char *fmt, ...)
{
    struct take t = {.d = d, .fmt = fmt};
    enum err result;

    va_start(t.ap, fmt);
    result = take_all(&t, obj);
    va_end(t.ap);
    return result;
}

/* Jansson iterates over values that are not const, and changes nothing. */
static json_t *
without_const(const json_t *v)
{
    const union {
        const json_t *in;
        json_t *out;
    } same = {.in = v};

    return same.out;
}

/* Whether a real is anywhere in v. Values come from json_parse or from us: they nest
 * JSON_DEPTH_MAX deep at most. */
static bool
has_real(json_t *v) // NOLINT(misc-no-recursion)
{
    const char *key;
    json_t *inner;
    size_t i;

    json_array_foreach(v, i, inner)
    {
        if (has_real(inner))
            return true;
    }
    json_object_foreach(v, key, inner)
    {
        if (has_real(inner))
            return true;
    }
    return json_is_real(v);
}

static int
dump_to_buf(const char *bytes, size_t n, void *to)
{
    struct buf *b = to;

    buf_add(b, bytes, n);
    return b->full ? -1 : 0;
}

static enum err
dump(struct diag *d, const json_t *v, size_t flags, struct buf *out)
{
    flags |= JSON_COMPACT | JSON_ENCODE_ANY;
    if (json_dump_callback(v, dump_to_buf, out, flags) == 0)
        return ERR_OK;
    if (out->full)
        return FAIL(d, ERR_TOO_LARGE, "the JSON is over %zu bytes", out->max);
    return FAIL(d, ERR_INTERNAL, "this value has no JSON text");
}

enum err
json_canonical(struct diag *d, const json_t *v, struct buf *out)
{
    if (v != NULL && has_real(without_const(v)))
        return FAIL(d, ERR_INVALID, "a real number has no canonical form");
    return dump(d, v, JSON_SORT_KEYS, out);
}

enum err
json_text(struct diag *d, const json_t *v, struct buf *out)
{
    return dump(d, v, JSON_REAL_PRECISION(15), out);
}
