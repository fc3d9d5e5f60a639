/* pointer.c -- JSON Pointers (RFC 6901) into documents. */
#include "datasite/base/pointer.h"

#include <string.h>

#define INDEX_DIGITS_MAX 9

void
pointer_add(struct buf *b, const char *name)
{
    buf_addz(b, "/");
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '~')
            buf_addz(b, "~0");
        else if (*p == '/')
            buf_addz(b, "~1");
        else
            buf_add(b, p, 1);
    }
}

void
pointer_add_index(struct buf *b, size_t i)
{
    buf_addf(b, "/%zu", i);
}

bool
pointer_holds(const char *outer, const char *inner)
{
    size_t n = strlen(outer);

    return strncmp(outer, inner, n) == 0 && (inner[n] == '\0' || inner[n] == '/');
}

/* ---- one step ---- */

/* A name as it stands in a document; false: "~" stands before what is no escape. */
static bool
unescape(struct str token, struct buf *out)
{
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '~') {
            i++;
            if (i == token.len || (token.ptr[i] != '0' && token.ptr[i] != '1'))
                return false;
            c = token.ptr[i] == '0' ? '~' : '/';
        }
        buf_add(out, &c, 1);
    }
    buf_add(out, "", 1);
    return !out->full;
}

/* "0", "17": no sign and no leading nought, so that a place has one name. */
static bool
index_of(struct str token, size_t *out)
{
    *out = 0;
    if (token.len == 0 || token.len > INDEX_DIGITS_MAX ||
        (token.len > 1 && token.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] < '0' || token.ptr[i] > '9')
            return false;
        *out = 10 * *out + (size_t)(token.ptr[i] - '0');
    }
    return true;
}

/* The first step of a pointer; *rest: what follows. */
static struct str
step_of(const char *pointer, const char **rest)
{
    const char *end = strchr(pointer + 1, '/');
    size_t n = end != NULL ? (size_t)(end - pointer) : strlen(pointer);

    *rest = pointer + n;
    return (struct str){pointer + 1, n - 1};
}

static json_t *
member_of(json_t *v, struct str token)
{
    size_t i;
    BUF_SCOPE(name);

    if (json_is_array(v))
        return index_of(token, &i) ? json_array_get(v, i) : NULL;
    buf_init(&name, SIZE_MAX);
    return json_is_object(v) && unescape(token, &name) ? json_object_get(v, name.ptr)
                                                       : NULL;
}

static int
member_set(json_t *v, struct str token, json_t *value)
{
    size_t i;
    BUF_SCOPE(name);

    if (json_is_array(v))
        return index_of(token, &i) ? json_array_set(v, i, value) : -1;
    buf_init(&name, SIZE_MAX);
    return unescape(token, &name) ? json_object_set(v, name.ptr, value) : -1;
}

/* ---- the whole way ---- */

json_t *
pointer_get(json_t *doc, const char *pointer)
{
    while (doc != NULL && *pointer == '/') {
        const char *rest;
        struct str token = step_of(pointer, &rest);
        doc = member_of(doc, token);
        pointer = rest;
    }
    return *pointer == '\0' ? doc : NULL;
}

bool
pointer_set(json_t **doc, const char *pointer, json_t *value)
{
    json_auto_t *owned = value;
    json_t *at = *doc;
    const char *rest;
    struct str token;

    if (owned == NULL || pointer_get(*doc, pointer) == NULL)
        return false;
    if (*pointer == '\0') {
        json_decref(*doc);
        *doc = json_incref(owned);
        return true;
    }
    for (token = step_of(pointer, &rest); *rest != '\0'; token = step_of(rest, &rest))
        at = member_of(at, token);
    return member_set(at, token, owned) == 0;
}
