/* enc.h -- hex, base64url and Crockford base32. */
#ifndef DATASITE_BASE_ENC_H
#define DATASITE_BASE_ENC_H

#include "datasite/base/str.h"

#define CROCKFORD_ALPHABET "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/* out holds 2 n + 1 bytes. */
char *hex_text(const void *p, size_t n, char *out);
bool hex_parse(struct str s, void *out, size_t n); /* exactly n bytes, lower case */
/* out holds 4 * ((n + 2) / 3) + 1 bytes; no padding. */
char *base64url_text(const void *p, size_t n, char *out);
/* False over cap bytes, on padding, and on bits past the last byte. */
bool base64url_parse(struct str s, void *out, size_t cap, size_t *n);
/* 128 bits as 26 Crockford characters, upper case, sorting as the bytes do. */
char *crockford_text(const uint8_t b[16], char out[27]);

#endif
