/* str.c -- borrowed slices, exact decimals, UTF-8, bounded builders. */
#include "datasite/base/str.h"

#include "datasite/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXED_DECIMALS_MAX 18

struct str
str_of(const char *z)
{
    return z == NULL ? (struct str){"", 0} : (struct str){z, strlen(z)};
}

bool
str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.ptr, prefix.len}, prefix);
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends one digit to a number that grows downward, so that INT64_MIN has a way in. */
static bool
fixed_digit(int64_t *v, int digit)
{
    return !__builtin_mul_overflow(*v, 10, v) && !__builtin_sub_overflow(*v, digit, v);
}

bool
str_fixed(struct str s, int decimals, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    size_t at = negative ? 1 : 0;
    int places = -1; /* -1: before the point */
    int64_t v = 0;

    CHECK(decimals >= 0 && decimals <= FIXED_DECIMALS_MAX);
    if (at >= s.len || !is_digit(s.ptr[at]) || !is_digit(s.ptr[s.len - 1]))
        return false;
    for (; at < s.len; at++) {
        if (s.ptr[at] == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (!is_digit(s.ptr[at]) || !fixed_digit(&v, s.ptr[at] - '0'))
            return false;
        if (places >= 0 && ++places > decimals)
            return false;
    }
    for (int i = places < 0 ? 0 : places; i < decimals; i++) {
        if (!fixed_digit(&v, 0))
            return false;
    }
    if (!negative && v == INT64_MIN)
        return false;
    *out = negative ? v : -v;
    return true;
}

char *
fixed_text(int64_t v, int decimals, char out[32])
{
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    char digits[32];
    int n = 0;
    char *p = out;

    CHECK(decimals >= 0 && decimals <= FIXED_DECIMALS_MAX);
    for (; decimals > 0 && rest % 10 == 0; decimals--)
        rest /= 10;
    do {
        if (n == decimals && n > 0)
            digits[n++] = '.';
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0 || n < decimals + (decimals > 0 ? 2 : 1));
    if (v < 0)
        *p++ = '-';
    while (n > 0)
        *p++ = digits[--n];
    *p = '\0';
    return out;
}

/* Bytes of the UTF-8 character at p, 0 when there is none. Overlong forms, surrogates
 * and values over U+10FFFF are none. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
    static const struct {
        unsigned char from, to, second_from, second_to;
        size_t len;
    } leads[] = {
        {0x00, 0x7f, 0x00, 0x00, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t row = 0;

    while (row < ARRAY_N(leads) && (p[0] < leads[row].from || p[0] > leads[row].to))
        row++;
    if (row == ARRAY_N(leads) || leads[row].len > n)
        return 0;
    if (leads[row].len > 1 &&
        (p[1] < leads[row].second_from || p[1] > leads[row].second_to))
        return 0;
    for (size_t i = 2; i < leads[row].len; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return leads[row].len;
}

bool
str_utf8_ok(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_len((const unsigned char *)s.ptr + i, s.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

void
str_utf8_mend(char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = utf8_len((unsigned char *)s + i, n - i);
        if (len == 0)
            s[i] = '?';
        i += len == 0 ? 1 : len;
    }
}

void
buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes};
}

/* Room for n more bytes and the NUL that always follows them. */
static bool
buf_room(struct buf *b, size_t n)
{
    size_t want, cap;
    char *p;

    if (b->full || n > b->max - b->len) {
        b->full = true;
        return false;
    }
    want = b->len + n + 1;
    if (want <= b->cap)
        return true;
    cap = b->cap < 64 ? 64 : b->cap * 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    if (cap < want)
        cap = want;
    p = realloc(b->ptr, cap);
    if (p == NULL) {
        b->full = true;
        return false;
    }
    b->ptr = p;
    b->cap = cap;
    return true;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
    if (!buf_room(b, n))
        return;
    if (n > 0)
        memcpy(b->ptr + b->len, p, n);
    b->len += n;
    b->ptr[b->len] = '\0';
}

void
buf_addz(struct buf *b, const char *z)
{
    buf_add(b, z, strlen(z));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_room(b, (size_t)n)) {
        b->full = true;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

struct str
buf_str(const struct buf *b)
{
    return (struct str){b->ptr == NULL ? "" : b->ptr, b->len};
}

void
buf_release(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){0};
}
