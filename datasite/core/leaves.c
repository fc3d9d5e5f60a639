/* leaves.c -- a short digest of every value of a document by its JSON Pointer. */
#include "datasite/core/leaves.h"

#include "datasite/base/digest.h"
#include "datasite/base/pointer.h"

#include <stdlib.h>

#define DIGEST_CHARS 16 /* 64 bits: to find a value, not to prove it */

static json_t *
leaf_digest(const char *pointer, const json_t *v)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    char hex[65];
    BUF_SCOPE(named);

    if (text == NULL)
        return NULL;
    buf_init(&named, SIZE_MAX);
    buf_addz(&named, pointer);
    buf_add(&named, "", 1);
    buf_addz(&named, text);
    free(text);
    digest_text(digest_sha256(buf_str(&named)), hex);
    return named.full ? NULL : json_stringn(hex, DIGEST_CHARS);
}

static int
wait_for(json_t *waiting, const char *pointer, const char *name, size_t i, json_t *v)
{
    BUF_SCOPE(at);

    buf_init(&at, SIZE_MAX);
    buf_addz(&at, pointer);
    if (name != NULL)
        pointer_add(&at, name);
    else
        pointer_add_index(&at, i);
    return at.full ? -1 : json_object_set(waiting, at.ptr, v);
}

/* A value that was reached: its members wait, or it is a leaf. */
static int
visit(json_t *waiting, json_t *leaves, const char *pointer, json_t *v)
{
    const char *name;
    json_t *member;
    size_t i;
    int rc = 0;

    if (json_object_size(v) == 0 && json_array_size(v) == 0)
        return json_object_set_new(leaves, pointer, leaf_digest(pointer, v));
    json_object_foreach(v, name, member) rc |=
        wait_for(waiting, pointer, name, 0, member);
    json_array_foreach(v, i, member) rc |= wait_for(waiting, pointer, NULL, i, member);
    return rc;
}

json_t *
leaves_digests(const json_t *doc)
{
    json_auto_t *waiting = json_pack("{s:O}", "", doc), *leaves = json_object();
    void *first;

    while ((first = json_object_iter(waiting)) != NULL) {
        json_auto_t *pointer = json_string(json_object_iter_key(first));
        json_auto_t *v = json_incref(json_object_iter_value(first));

        (void)json_object_del(waiting, json_string_value(pointer));
        if (visit(waiting, leaves, json_string_value(pointer), v) != 0)
            return NULL;
    }
    return json_incref(leaves);
}
