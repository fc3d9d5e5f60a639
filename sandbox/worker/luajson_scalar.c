/* luajson_scalar.c -- one text or number as JSON writes it. */
#include "sandbox/worker/luajson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_escaped(struct luatext *t, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    char hex[8];

    for (const char *s = shorts; *s != 0; s += 2) {
        if ((unsigned char)*s != c)
            continue;
        luatext_add(t, "\\", 1);
        luatext_add(t, s + 1, 1);
        return;
    }
    snprintf(hex, sizeof hex, "\\u%04x", c);
    luatext_addz(t, hex);
}

static bool
needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

bool
luajson_quote(struct luatext *t, struct str text)
{
    size_t from = 0; /* of what goes as it is */

    if (!str_utf8_ok(text) || strnlen(text.ptr, text.len) != text.len)
        return false;
    luatext_add(t, "\"", 1);
    for (size_t i = 0; i < text.len; i++) {
        if (!needs_escape((unsigned char)text.ptr[i]))
            continue;
        luatext_add(t, text.ptr + from, i - from);
        add_escaped(t, (unsigned char)text.ptr[i]);
        from = i + 1;
    }
    luatext_add(t, text.ptr + from, text.len - from);
    luatext_add(t, "\"", 1);
    return true;
}

/* The shortest of %.1e … %.17e that reads back as the same number. */
static void
shortest(lua_Number n, char out[40])
{
    for (int digits = 0; digits < 17; digits++) {
        snprintf(out, 40, "%.*e", digits, n);
        if (strtod(out, NULL) == n)
            return;
    }
}

bool
luajson_decimal(lua_Number n, char out[64])
{
    char e[40], digits[40];
    size_t used = 0, len = 0;

    if (!isfinite(n))
        return false;
    shortest(fabs(n), e);
    /* how many digits stand before the point */
    int point = (int)strtol(strchr(e, 'e') + 1, NULL, 10) + 1;
    for (const char *p = e; *p != 'e'; p++) {
        if (*p != '.')
            digits[len++] = *p;
    }
    if (point > 40 || point < -20)
        return false;
    if (signbit(n) && n != 0)
        out[used++] = '-';
    if (point <= 0)
        out[used++] = '0';
    for (int i = 0; i < point; i++)
        out[used++] = (char)((size_t)i < len ? digits[i] : '0');
    if (point < (int)len) {
        out[used++] = '.';
        for (int i = point; i < 0; i++)
            out[used++] = '0';
        size_t from = point > 0 ? (size_t)point : 0;
        memcpy(out + used, digits + from, len - from);
        used += len - from;
    }
    out[used] = 0;
    return true;
}
