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
