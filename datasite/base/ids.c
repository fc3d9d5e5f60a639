/* ids.c -- sortable prefixed identifiers. */
#include "datasite/base/ids.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/enc.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ID_TEXT_BYTES 26

char *
id_new(const char *prefix, char out[ID_BYTES])
{
    uint64_t ms = (uint64_t)(clock_wall().us / 1000);
    uint8_t raw[16];
    char text[ID_TEXT_BYTES + 1];
    int n;

    CHECK(strchr(prefix, '_') == NULL);
    for (int i = 0; i < 6; i++)
        raw[i] = (uint8_t)(ms >> (40 - 8 * i));
    randombytes_buf(raw + 6, sizeof raw - 6);
    n = snprintf(out, ID_BYTES, "%s_%s", prefix, crockford_text(raw, text));
    CHECK(n < ID_BYTES);
    return out;
}

bool
id_ok(struct str s, const char *prefix)
{
    size_t at = strlen(prefix) + 1;

    if (s.len != at + ID_TEXT_BYTES || !str_starts(s, str_of(prefix)) ||
        s.ptr[at - 1] != '_' || s.ptr[at] > '7')
        return false;
    for (size_t i = at; i < s.len; i++) {
        if (s.ptr[i] == '\0' || strchr(CROCKFORD_ALPHABET, s.ptr[i]) == NULL)
            return false;
    }
    return true;
}
