/* clock.c -- wall and monotonic time, and RFC 3339. */
#include "datasite/base/clock.h"

#include "datasite/base/check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* What tests moved the clocks by; zero in every program. */
static _Atomic int64_t
    shift_us; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

static int64_t
clock_us(clockid_t id)
{
    struct timespec t;

    CHECK(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + atomic_load(&shift_us);
}

struct unixus
clock_wall(void)
{
    return (struct unixus){clock_us(CLOCK_REALTIME)};
}

struct monous
clock_mono(void)
{
    return (struct monous){clock_us(CLOCK_MONOTONIC)};
}

void
clock_shift(int64_t us)
{
    atomic_fetch_add(&shift_us, us);
}

int64_t
clock_day(struct unixus t)
{
    const int64_t day_us = INT64_C(86400) * 1000000;

    return t.us / day_us - (t.us % day_us < 0);
}

char *
clock_text(struct unixus t, char out[32])
{
    int64_t ms = t.us / 1000 - (t.us % 1000 < 0);
    time_t s = ms / 1000 - (ms % 1000 < 0);
    struct tm tm;
    size_t n;

    CHECK(gmtime_r(&s, &tm) != NULL);
    n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    CHECK(n > 0);
    snprintf(out + n, 32 - n, ".%03dZ", (int)(ms - (int64_t)s * 1000));
    return out;
}

/* The number that n digits at p make, or -1. */
static int
digits(const char *p, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

/* The fraction at s, ".5Z" or "Z", in microseconds; -1 on anything else. */
static int64_t
fraction_us(struct str s)
{
    int64_t us = 0, unit = 100000;

    if (str_eq(s, STR("Z")))
        return 0;
    if (s.len < 3 || s.len > 11 || s.ptr[0] != '.' || s.ptr[s.len - 1] != 'Z')
        return -1;
    for (size_t i = 1; i < s.len - 1; i++, unit /= 10) {
        if (digits(s.ptr + i, 1) < 0)
            return -1;
        us += digits(s.ptr + i, 1) * unit;
    }
    return us;
}

bool
clock_parse(struct str s, struct unixus *out)
{
    static const char marks[] = "    -  -  T  :  :  ";
    struct tm tm, back;
    time_t t;
    int64_t us;

    if (s.len < sizeof marks)
        return false;
    for (size_t i = 0; i < sizeof marks - 1; i++) {
        if (marks[i] != ' ' ? s.ptr[i] != marks[i] : digits(s.ptr + i, 1) < 0)
            return false;
    }
    us = fraction_us((struct str){s.ptr + 19, s.len - 19});
    tm = (struct tm){.tm_year = digits(s.ptr, 4) - 1900,
        .tm_mon = digits(s.ptr + 5, 2) - 1,
        .tm_mday = digits(s.ptr + 8, 2),
        .tm_hour = digits(s.ptr + 11, 2),
        .tm_min = digits(s.ptr + 14, 2),
        .tm_sec = digits(s.ptr + 17, 2)};
    back = tm;
    t = timegm(&back);
    /* timegm carries the 31st of February over: what it changed was no date. */
    if (us < 0 || back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
        back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
        back.tm_sec != tm.tm_sec)
        return false;
    *out = (struct unixus){(int64_t)t * 1000000 + us};
    return true;
}
