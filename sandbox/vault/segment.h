/* segment.h -- up to SEGMENT_ROWS values of one column as bytes, and back.
 *
 * u8 width, u8 flags, u16 zero, u32 rows, i64 base, then rows values of `width` bytes to
 * be added to base, then one validity bit a row, then for text the segment's own
 * dictionary: u32 count, and u32 length with bytes for each. Little-endian throughout. */
#ifndef SANDBOX_VAULT_SEGMENT_H
#define SANDBOX_VAULT_SEGMENT_H

#include "sandbox/table/column.h"

/* texts is NULL but for text and id columns. */
enum err segment_pack(struct diag *d, size_t rows, const int64_t *values,
    const uint8_t *valid, const struct str *texts, struct buf *out) NODISCARD;
/* Appends to a column that has room, from row `at` on. ERR_INTERNAL when the bytes are no
 * segment of exactly `rows` rows. */
enum err segment_unpack(struct diag *d, struct str bytes, size_t rows, struct column *c,
    size_t at) NODISCARD;

#endif
