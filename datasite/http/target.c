/* target.c -- percent-decoding that refuses what a second reader could see differently. */
#include "datasite/http/target.h"

#include <string.h>

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One byte at s[*i], decoded; -1: a bad escape. */
static int
decode_byte(struct str s, size_t *i, bool plus_is_space)
{
    char c = s.ptr[(*i)++];
    int high, low;

    if (c == '+' && plus_is_space)
        return ' ';
    if (c != '%')
        return (unsigned char)c;
    if (s.len - *i < 2)
        return -1;
    high = hex_digit(s.ptr[*i]);
    low = hex_digit(s.ptr[*i + 1]);
    *i += 2;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static enum err
decode(struct diag *d, struct arena *a, struct str s, bool is_path, const char **out)
{
    char *text = arena_array(a, 1, s.len + 1);
    size_t n = 0;

    if (text == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The address is too long.");
    for (size_t i = 0; i < s.len;) {
        bool was_escaped = s.ptr[i] == '%';
        int c = decode_byte(s, &i, !is_path);

        if (c < 0)
            return FAIL(d, ERR_INVALID, "The address holds a bad percent escape.");
        if (c == 0 || (is_path && (c < 0x20 || c == 0x7f || c == '\\'))) {
            return FAIL(
                d, ERR_INVALID, "The address holds a control character or '\\'.");
        }
        if (is_path && was_escaped && c == '/')
            return FAIL(d, ERR_INVALID, "The address holds an escaped '/'.");
        text[n++] = (char)c;
    }
    if (!str_utf8_ok((struct str){text, n}))
        return FAIL(d, ERR_INVALID, "The address is not UTF-8.");
    *out = text;
    return ERR_OK;
}

static bool
has_dot_segment(const char *path)
{
    while (*path != '\0') {
        size_t n;

        path++; /* the slash */
        n = strcspn(path, "/");
        if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += n;
    }
    return false;
}

static enum err
pair_add(struct diag *d, struct arena *a, struct str text, struct target *t)
{
    const char *equals = memchr(text.ptr, '=', text.len);
    size_t name_len = equals == NULL ? text.len : (size_t)(equals - text.ptr);
    struct str value = {text.ptr + name_len, text.len - name_len};
    struct query_pair *p = &t->query[t->query_n];

    if (equals != NULL)
        value = (struct str){equals + 1, value.len - 1};
    TRY(decode(d, a, (struct str){text.ptr, name_len}, false, &p->name));
    TRY(decode(d, a, value, false, &p->value));
    for (size_t i = 0; i < t->query_n; i++) {
        if (strcmp(t->query[i].name, p->name) == 0) {
            return FAIL_FIELD(d, ERR_INVALID, "/query",
                "The query parameter %.60s stands there twice.", p->name);
        }
    }
    t->query_n++;
    return ERR_OK;
}

static enum err
query_parse(struct diag *d, struct arena *a, struct str raw, struct target *t)
{
    t->query = arena_array(a, sizeof *t->query, QUERY_PAIRS_MAX);
    if (t->query == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The address is too long.");
    while (raw.len > 0) {
        const char *amp = memchr(raw.ptr, '&', raw.len);
        size_t n = amp == NULL ? raw.len : (size_t)(amp - raw.ptr);

        if (t->query_n == QUERY_PAIRS_MAX) {
            return FAIL_FIELD(
                d, ERR_INVALID, "/query", "There are too many query parameters.");
        }
        if (n > 0)
            TRY(pair_add(d, a, (struct str){raw.ptr, n}, t));
        n += amp != NULL;
        raw = (struct str){raw.ptr + n, raw.len - n};
    }
    return ERR_OK;
}

enum err
target_parse(struct diag *d, struct arena *a, struct str raw, struct target *out)
{
    const char *mark = raw.len > 0 ? memchr(raw.ptr, '?', raw.len) : NULL;
    struct str path = raw;

    *out = (struct target){0};
    if (mark != NULL)
        path.len = (size_t)(mark - raw.ptr);
    if (path.len == 0 || path.ptr[0] != '/')
        return FAIL(d, ERR_INVALID, "The address is not an absolute path.");
    if (memchr(raw.ptr, '#', raw.len) != NULL)
        return FAIL(d, ERR_INVALID, "The address holds a fragment.");
    TRY(decode(d, a, path, true, &out->path));
    if (has_dot_segment(out->path))
        return FAIL(d, ERR_INVALID, "The address holds '.' or '..' as a segment.");
    if (mark == NULL)
        return ERR_OK;
    return query_parse(d, a, (struct str){mark + 1, raw.len - path.len - 1}, out);
}
