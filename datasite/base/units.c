/* units.c -- budgets as decimal text: parsing rounds up, printing is exact; sizes and spans
 * as people say them. */
#include "datasite/base/units.h"

#include "datasite/base/check.h"

#include <stdio.h>

int64_t
power_of_ten(int n)
{
    int64_t p = 1;

    CHECK(n >= 0 && n <= 18);
    while (n-- > 0)
        p *= 10;
    return p;
}

/* Unsigned decimal text in units of 10^-places; a rest past them counts as one unit. */
static bool
parse_up(struct str s, int places, int64_t *out)
{
    struct str head = s;
    size_t point = 0;
    bool rest = false;

    if (s.len == 0 || s.ptr[0] == '-')
        return false;
    while (point < s.len && s.ptr[point] != '.')
        point++;
    for (size_t i = point + 1 + (size_t)places; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        rest |= s.ptr[i] != '0';
    }
    if (s.len > point + 1 + (size_t)places)
        head.len = point + 1 + (size_t)places;
    return str_fixed(head, places, out) && !__builtin_add_overflow(*out, rest, out);
}

bool
nano_parse(struct str s, int64_t *out)
{
    return parse_up(s, 9, out);
}

bool
atto_parse(struct str s, int64_t *out)
{
    return parse_up(s, 18, out);
}

char *
nano_text(int64_t nano, char out[32])
{
    return fixed_text(nano, 9, out);
}

char *
atto_text(int64_t atto, char out[32])
{
    return fixed_text(atto, 18, out);
}

/* ---- as people say it ---- */

struct scale {
    int64_t each;
    const char *name;
    bool inflects; /* one minute, two minutes */
};

static char *
said_in(const struct scale *scales, int64_t n, char out[32])
{
    const struct scale *s = scales;

    while (s->each > 1 && (n < s->each || n % s->each != 0))
        s++;
    snprintf(out, 32, "%lld %s%s", (long long)(n / s->each), s->name,
        s->inflects && n != s->each ? "s" : "");
    return out;
}

char *
size_text(int64_t bytes, char out[32])
{
    static const struct scale scales[] = {{INT64_C(1) << 30, "GiB", false},
        {INT64_C(1) << 20, "MiB", false}, {INT64_C(1) << 10, "KiB", false},
        {1, "byte", true}};

    return said_in(scales, bytes, out);
}

char *
span_text(int64_t ms, char out[32])
{
    static const struct scale scales[] = {{86400000, "day", true},
        {3600000, "hour", true}, {60000, "minute", true}, {1000, "second", true},
        {1, "millisecond", true}};

    return said_in(scales, ms, out);
}
