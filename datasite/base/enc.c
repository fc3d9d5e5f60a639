/* enc.c -- hex, base64url and Crockford base32. */
#include "datasite/base/enc.h"

#include <sodium.h>

char *
hex_text(const void *p, size_t n, char *out)
{
    return sodium_bin2hex(out, 2 * n + 1, p, n);
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_parse(struct str s, void *out, size_t n)
{
    unsigned char *bytes = out;

    if (s.len != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.ptr[2 * i]), low = hex_digit(s.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

char *
base64url_text(const void *p, size_t n, char *out)
{
    return sodium_bin2base64(out,
        sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING), p, n,
        sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
base64url_parse(struct str s, void *out, size_t cap, size_t *n)
{
    return sodium_base642bin(out, cap, s.ptr, s.len, NULL, n, NULL,
               sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

char *
crockford_text(const uint8_t b[16], char out[27])
{
    /* 26 characters hold 130 bits: the first stands for the top three only. */
    for (int i = 0; i < 26; i++) {
        int bit = 5 * i - 2; /* of the character's first bit; before 0 they are zero */
        unsigned v = 0;
        for (int k = bit; k < bit + 5; k++)
            v = v << 1 | (k < 0 ? 0U : (unsigned)(b[k / 8] >> (7 - k % 8)) & 1U);
        out[i] = CROCKFORD_ALPHABET[v];
    }
    out[26] = '\0';
    return out;
}
