/* fuzz_head.c -- heads and addresses: whatever is called sound must be safe to act on. */
#include "datasite/base/check.h"
#include "datasite/http/head.h"
#include "datasite/http/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line of the input, without its end. */
static struct str
line(struct str *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t n = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    struct str out = {rest->ptr, n};

    n += end != NULL;
    *rest = (struct str){rest->ptr + n, rest->len - n};
    return out;
}

static void
read_fields(struct head *h, struct str rest)
{
    while (rest.len > 0 && h->fields_n < HEAD_FIELDS_MAX) {
        struct str l = line(&rest);
        const char *colon = l.len > 0 ? memchr(l.ptr, ':', l.len) : NULL;
        size_t n = colon == NULL ? l.len : (size_t)(colon - l.ptr);
        size_t skip = n + (colon != NULL);

        h->field[h->fields_n].name = (struct str){l.ptr, n};
        h->field[h->fields_n].value = (struct str){l.ptr + skip, l.len - skip};
        h->fields_n++;
    }
}

static void
check_path(const char *path)
{
    CHECK(path[0] == '/');
    CHECK(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
    CHECK(strchr(path, '\\') == NULL);
    CHECK(str_utf8_ok(str_of(path)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct head h = {
        .method = line(&rest), .target = line(&rest), .version = line(&rest)};
    struct diag d = {0};
    struct target t;
    ARENA_SCOPE(arena, 1 << 20);

    read_fields(&h, rest);
    if (target_parse(&d, arena, h.target, &t) == ERR_OK)
        check_path(t.path);
    if (head_flaw(&h) != NULL)
        return 0;
    CHECK(head_body_bytes(&h) >= -1);
    CHECK(head_value(&h, "Content-Length").ptr == NULL ||
        head_value(&h, "Transfer-Encoding").ptr == NULL);
    CHECK(str_eq(h.version, STR("HTTP/1.0")) || head_host(&h).len > 0);
    return 0;
}
