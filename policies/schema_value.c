/* schema_value.c -- what stands in a field of CSV, as a column's integer, and back. */
#include "policies/schema_value.h"

#include "datasite/base/check.h"

#include <stdio.h>
#include <string.h>

#define ARTIFACT_DIGITS 8 /* of equal digits that tell an artefact */

/* ---- dates ---- */

/* Days of the proleptic Gregorian calendar since 1970-01-01, counting years from March so
 * that the leap day comes last. */
static int64_t
days_from_civil(int64_t y, int64_t m, int64_t day)
{
    int64_t year = m <= 2 ? y - 1 : y;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void
civil_from_days(int64_t days, int *y, int *m, int *day)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *m = (int)(month < 10 ? month + 3 : month - 9);
    *y = (int)(year + era * 400 + (*m <= 2));
}

bool
date_parse(struct str s, int64_t *days)
{
    int part[3] = {0, 0, 0};
    int y, m, day;

    if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
        return false;
    for (size_t i = 0; i < 10; i++) {
        int *p = &part[i < 4 ? 0 : i < 7 ? 1 : 2];
        if (i == 4 || i == 7)
            continue;
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *p = *p * 10 + (s.ptr[i] - '0');
    }
    if (part[0] < 1 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31)
        return false;
    *days = days_from_civil(part[0], part[1], part[2]);
    civil_from_days(*days, &y, &m, &day);
    return m == part[1] && day == part[2]; /* no 30 February */
}

char *
date_text(int64_t days, char out[32])
{
    int y, m, day;

    civil_from_days(days, &y, &m, &day);
    snprintf(out, 32, "%04d-%02d-%02d", y, m, day);
    return out;
}

/* ---- values ---- */

/* Splits "1.25e-3" into "1.25" and -3. Spreadsheets and R write small numbers so. */
static bool
exponent_take(struct str *s, int *exponent)
{
    size_t at = 0, digits;
    int sign = 1, e = 0;

    *exponent = 0;
    while (at < s->len && s->ptr[at] != 'e' && s->ptr[at] != 'E')
        at++;
    if (at == s->len)
        return true;
    digits = at + 1;
    if (digits < s->len && (s->ptr[digits] == '-' || s->ptr[digits] == '+'))
        sign = s->ptr[digits++] == '-' ? -1 : 1;
    if (digits == s->len || s->len - digits > 3)
        return false;
    for (size_t i = digits; i < s->len; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        e = e * 10 + (s->ptr[i] - '0');
    }
    *exponent = sign * e;
    s->len = at;
    return true;
}

/* Whether n digits are all c. */
static bool
is_run(const char *p, size_t n, char c)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != c)
            return false;
    return true;
}

/* Cuts digits beyond the declared places where they say nothing: zeros, or what is left
 * of a binary number ("0.21560000000000001", "0.045469999999999997"). *up: what is left
 * has to move away from zero by one. */
static bool
excess_take(struct str *s, int decimals, bool *up)
{
    const char *point = s->len > 0 ? memchr(s->ptr, '.', s->len) : NULL;
    size_t whole = point == NULL ? s->len : (size_t)(point - s->ptr);
    size_t kept = whole + (decimals > 0 ? (size_t)decimals + 1 : 0);
    const char *excess;
    size_t n;

    *up = false;
    if (point == NULL || s->len - whole - 1 <= (size_t)decimals)
        return true;
    excess = point + 1 + decimals;
    n = (size_t)(s->ptr + s->len - excess);
    for (size_t i = 0; i < n; i++)
        if (excess[i] < '0' || excess[i] > '9')
            return false;
    s->len = kept;
    if (decimals == 0 || n < ARTIFACT_DIGITS)
        return is_run(excess, n, '0');
    *up = is_run(excess, ARTIFACT_DIGITS, '9');
    return *up || is_run(excess, ARTIFACT_DIGITS, '0');
}

static bool
plain_parse(struct str s, int decimals, int64_t *out)
{
    bool up;

    if (!excess_take(&s, decimals, &up) || !str_fixed(s, decimals, out))
        return false;
    return !up || !__builtin_add_overflow(*out, s.ptr[0] == '-' ? -1 : 1, out);
}

/* Digits with a point and an exponent, exactly, at `decimals` places. */
static bool
decimal_parse(struct str s, int decimals, int64_t *out)
{
    int e;

    if (plain_parse(s, decimals, out))
        return true;
    if (!exponent_take(&s, &e) || e == 0)
        return false;
    if (decimals + e >= 0)
        return decimals + e <= 18 && str_fixed(s, decimals + e, out);
    /* Fewer than no places: every digit given has to be a zero in the end. */
    if (decimals + e < -18 || !str_fixed(s, 0, out))
        return false;
    for (int i = decimals + e; i < 0; i++) {
        if (*out % 10 != 0)
            return false;
        *out /= 10;
    }
    return true;
}

static const char *
number_value(const struct schema_column *c, struct str text, int64_t *out)
{
    if (!decimal_parse(text, c->type == COL_DECIMAL ? c->decimals : 0, out))
        return c->type == COL_INTEGER
            ? "is not an integer"
            : "is not a number with the declared number of decimals";
    if (*out <= -VALUE_ABS_MAX || *out >= VALUE_ABS_MAX)
        return "is too large a number";
    return NULL;
}

static const char *
boolean_value(struct str text, int64_t *out)
{
    static const char *const words[] = {
        "false", "true", "0", "1", "FALSE", "TRUE", "False", "True"};

    for (size_t i = 0; i < ARRAY_N(words); i++) {
        if (str_eq(text, str_of(words[i]))) {
            *out = (int64_t)(i & 1);
            return NULL;
        }
    }
    return "is not true or false";
}

static const char *
category_value(const struct schema_column *c, struct str text, int64_t *out)
{
    for (size_t i = 0; i < c->categories_n; i++) {
        if (str_eq(text, str_of(c->categories[i]))) {
            *out = (int64_t)i;
            return NULL;
        }
    }
    return "is not a declared category";
}

const char *
schema_value(const struct schema_column *c, struct str text, int64_t *out)
{
    switch (c->type) {
    case COL_INTEGER:
    case COL_DECIMAL:
        return number_value(c, text, out);
    case COL_BOOLEAN:
        return boolean_value(text, out);
    case COL_DATE:
        return date_parse(text, out) ? NULL : "is not a date such as 2001-12-31";
    case COL_CATEGORY:
        return category_value(c, text, out);
    case COL_TEXT:
    case COL_ID:
        *out = 0;
        if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
            return "contains a NUL byte";
        return str_utf8_ok(text) ? NULL : "is not UTF-8";
    }
    UNREACHABLE();
}

const char *
schema_text(const struct schema_column *c, int64_t value, char scratch[32])
{
    switch (c->type) {
    case COL_INTEGER:
        return fixed_text(value, 0, scratch);
    case COL_DECIMAL:
        return fixed_text(value, c->decimals, scratch);
    case COL_BOOLEAN:
        return value != 0 ? "true" : "false";
    case COL_DATE:
        return date_text(value, scratch);
    case COL_CATEGORY:
        CHECK(value >= 0 && (size_t)value < c->categories_n);
        return c->categories[value];
    case COL_TEXT:
    case COL_ID:
        return "";
    }
    UNREACHABLE();
}
