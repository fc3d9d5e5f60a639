/* head.c -- the rules that a request's head must keep. */
#include "datasite/http/head.h"

#include "datasite/base/check.h"

#include <string.h>
#include <strings.h>

/* Fields that decide how a request is cut, who sends it or what it does: never twice. A
 * longer name that begins with one of these is refused too: libmicrohttpd joins the second
 * line of a folded field to its name ("Host: a", " b" is read as a field "Hostb"). */
static const char *const single[] = {"Host", "Content-Length", "Transfer-Encoding",
    "Authorization", "Cookie", "Content-Type", "Origin", "X-CSRF-Token", "If-Match",
    "Idempotency-Key", "Expect", "If-None-Match", "Last-Event-ID"};

static bool
is_token_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
        (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_token_byte((unsigned char)s.ptr[i]))
            return false;
    }
    return s.len > 0;
}

static bool
is_field_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool
same_name(struct str s, const char *name)
{
    return s.ptr != NULL && s.len == strlen(name) &&
        strncasecmp(s.ptr, name, s.len) == 0;
}

static size_t
count(const struct head *h, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < h->fields_n; i++)
        n += same_name(h->field[i].name, name);
    return n;
}

struct str
head_value(const struct head *h, const char *name)
{
    for (size_t i = 0; i < h->fields_n; i++) {
        if (same_name(h->field[i].name, name))
            return h->field[i].value;
    }
    return (struct str){NULL, 0};
}

static bool
is_longer_single(struct str name)
{
    for (size_t i = 0; i < ARRAY_N(single); i++) {
        size_t n = strlen(single[i]);

        if (name.len > n && strncasecmp(name.ptr, single[i], n) == 0)
            return true;
    }
    return false;
}

static const char *
fields_flaw(const struct head *h)
{
    for (size_t i = 0; i < h->fields_n; i++) {
        const struct field *f = &h->field[i];

        if (!is_token(f->name.ptr ? f->name : STR("")))
            return "A header field has a name with characters that names may not hold.";
        if (f->value.len > HEAD_VALUE_BYTES_MAX)
            return "A header field is too long.";
        if (!is_field_text(f->value))
            return "A header field holds control characters.";
        if (is_longer_single(f->name))
            return "A header field is folded, or is not one that is known here.";
    }
    for (size_t i = 0; i < ARRAY_N(single); i++) {
        if (count(h, single[i]) > 1)
            return "A header field that may stand once stands there twice.";
    }
    return NULL;
}

/* 1 to 15 digits: far above any body that is taken, far below overflow. */
static bool
length_parse(struct str s, int64_t *out)
{
    *out = 0;
    if (s.len == 0 || s.len > 15)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *out = *out * 10 + (s.ptr[i] - '0');
    }
    return true;
}

static const char *
framing_flaw(const struct head *h)
{
    struct str length = head_value(h, "Content-Length");
    struct str coding = head_value(h, "Transfer-Encoding");
    struct str expect = head_value(h, "Expect");
    int64_t n;

    if (length.ptr != NULL && coding.ptr != NULL)
        return "Content-Length and Transfer-Encoding exclude each other.";
    if (length.ptr != NULL && !length_parse(length, &n))
        return "Content-Length is not a number of bytes.";
    if (coding.ptr != NULL && !same_name(coding, "chunked"))
        return "Transfer-Encoding can only be chunked.";
    if (coding.ptr != NULL && !str_eq(h->version, STR("HTTP/1.1")))
        return "Transfer-Encoding needs HTTP/1.1.";
    if (expect.ptr != NULL && !same_name(expect, "100-continue"))
        return "Expect can only be 100-continue.";
    return NULL;
}

static const char *
line_flaw(const struct head *h)
{
    if (!str_eq(h->version, STR("HTTP/1.1")) && !str_eq(h->version, STR("HTTP/1.0")))
        return "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
    if (h->method.len > 32 || !is_token(h->method))
        return "The method is not a word.";
    if (h->target.len > HEAD_TARGET_BYTES_MAX)
        return "The address is too long.";
    for (size_t i = 0; i < h->target.len; i++) {
        unsigned char c = (unsigned char)h->target.ptr[i];

        if (c <= 0x20 || c >= 0x7f)
            return "The address holds characters that must be percent-encoded.";
    }
    return NULL;
}

static bool
is_host_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
        (c != '\0' && strchr("-._:[]", c) != NULL);
}

static const char *
host_flaw(const struct head *h)
{
    struct str host = head_value(h, "Host");

    if (host.ptr == NULL) {
        return str_eq(h->version, STR("HTTP/1.1")) ? "The Host field is missing."
                                                   : NULL;
    }
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_byte((unsigned char)host.ptr[i]))
            return "The Host field is not a host.";
    }
    return head_host(h).len == 0 ? "The Host field is not a host." : NULL;
}

const char *
head_flaw(const struct head *h)
{
    static const char *(*const rules[])(const struct head *) = {
        line_flaw, fields_flaw, framing_flaw, host_flaw};

    if (h->is_torn)
        return "The header lines are folded, or hold NUL, bare CR or bare LF.";
    if (h->is_overfull)
        return "There are too many header fields.";
    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        const char *flaw = rules[i](h);

        if (flaw != NULL)
            return flaw;
    }
    return NULL;
}

int64_t
head_body_bytes(const struct head *h)
{
    struct str length = head_value(h, "Content-Length");
    int64_t n = 0;

    if (head_value(h, "Transfer-Encoding").ptr != NULL)
        return -1;
    if (length.ptr != NULL)
        CHECK(length_parse(length, &n));
    return n;
}

struct str
head_host(const struct head *h)
{
    struct str host = head_value(h, "Host");
    const char *end;

    if (host.len > 0 && host.ptr[0] == '[') {
        end = memchr(host.ptr, ']', host.len);
        return end == NULL ? STR("")
                           : (struct str){host.ptr + 1, (size_t)(end - host.ptr) - 1};
    }
    end = host.len > 0 ? memchr(host.ptr, ':', host.len) : NULL;
    return end == NULL ? host : (struct str){host.ptr, (size_t)(end - host.ptr)};
}
