/* field.c -- what a text typed by people must hold before it is stored. */
#include "datasite/core/field.h"

#include "datasite/base/str.h"

#include <string.h>

/* Invisible or direction-changing characters let two texts look alike that are not. */
static bool
is_hidden(const unsigned char *p, size_t left)
{
    if (left < 3 || p[0] != 0xE2)
        return left >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF;
    return (p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0x8F) || /* U+200B to U+200F */
        (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||    /* U+202A to U+202E */
        (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xA9);      /* U+2060 to U+2069 */
}

static enum err
field_check(struct diag *d, const char *field, const char *text, size_t bytes_max,
    const char *controls)
{
    struct str s = str_of(text);
    bool seen = false;

    if (s.len > bytes_max) {
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, field, "at most %zu bytes, not %zu",
            bytes_max, s.len);
    }
    if (!str_utf8_ok(s))
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, field, "must be UTF-8");
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool is_control = c < 0x20 || c == 0x7F;

        if (is_control && strchr(controls, c) == NULL) {
            return FAIL_FIELD(
                d, ERR_UNPROCESSABLE, field, "must not hold control characters");
        }
        if (is_hidden((const unsigned char *)s.ptr + i, s.len - i)) {
            return FAIL_FIELD(
                d, ERR_UNPROCESSABLE, field, "must not hold invisible characters");
        }
        seen = seen || c > 0x20;
    }
    if (!seen)
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, field, "must not be empty");
    return ERR_OK;
}

enum err
field_line(struct diag *d, const char *field, const char *text, size_t bytes_max)
{
    return field_check(d, field, text, bytes_max, "");
}

enum err
field_text(struct diag *d, const char *field, const char *text, size_t bytes_max)
{
    return field_check(d, field, text, bytes_max, "\n\r\t");
}
