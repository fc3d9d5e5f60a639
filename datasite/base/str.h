/* str.h -- borrowed slices and bounded builders. */
#ifndef DATASITE_BASE_STR_H
#define DATASITE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
}; /* borrowed, not NUL-terminated */

#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})
struct str str_of(const char *z); /* NULL gives the empty slice */
bool str_eq(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
/* Decimal text to an integer with exactly `decimals` places ("1.5", 2 -> 150).
 * False on anything else, on more places, and on overflow. No exponent, no space. */
bool str_fixed(struct str s, int decimals, int64_t *out);
/* The inverse, shortest form ("1.5"); out must hold 32 bytes. */
char *fixed_text(int64_t v, int decimals, char out[32]);
bool str_utf8_ok(struct str s);
/* Puts '?' for every byte that is not part of a UTF-8 character. */
void str_utf8_mend(char *s, size_t n);

/* A growing buffer with a ceiling. Past it, or without memory, `full` is set and nothing
 * is written: check once, at the end. A NUL follows the bytes once anything was added. */
struct buf {
    char *ptr;
    size_t len, cap, max;
    bool full;
};
void buf_init(struct buf *b, size_t max_bytes); /* the ceiling is not optional */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addz(struct buf *b, const char *z);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *b);
void buf_release(struct buf *b);

#define BUF_SCOPE(name) struct buf name __attribute__((cleanup(buf_release)))

#endif
