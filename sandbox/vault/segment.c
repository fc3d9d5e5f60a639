/* segment.c -- values of one column as bytes: as narrow as their range, and back. */
#include "sandbox/vault/segment.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 16
#define FLAG_TEXT  1
#define RUN_ROWS   512

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "segments are little-endian");

static int
width_of(uint64_t span)
{
    return span <= UINT8_MAX ? 1 : span <= UINT16_MAX ? 2 : span <= UINT32_MAX ? 4 : 8;
}

static void
pack_values(size_t rows, const int64_t *values, bool text, struct buf *out)
{
    int64_t least = rows > 0 ? values[0] : 0, most = least;
    unsigned char head[HEAD_BYTES] = {0};
    uint32_t rows32 = (uint32_t)rows;

    for (size_t i = 0; i < rows; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    head[0] = (unsigned char)width_of((uint64_t)most - (uint64_t)least);
    head[1] = text ? FLAG_TEXT : 0;
    memcpy(head + 4, &rows32, sizeof rows32);
    memcpy(head + 8, &least, sizeof least);
    buf_add(out, head, sizeof head);
    for (size_t i = 0; i < rows; i++) {
        uint64_t offset = (uint64_t)values[i] - (uint64_t)least;
        buf_add(out, &offset, head[0]);
    }
}

static void
pack_valid(size_t rows, const uint8_t *valid, struct buf *out)
{
    for (size_t i = 0; i < rows; i += 8) {
        unsigned char bits = 0;
        for (size_t k = 0; k < 8 && i + k < rows; k++)
            bits |= (unsigned char)((valid[i + k] != 0) << k);
        buf_add(out, &bits, 1);
    }
}

static void
pack_labels(const struct labels *l, struct buf *out)
{
    uint32_t n = (uint32_t)labels_n(l);

    buf_add(out, &n, sizeof n);
    for (size_t i = 0; i < n; i++) {
        struct str s = labels_text(l, i);
        uint32_t len = (uint32_t)s.len;
        buf_add(out, &len, sizeof len);
        buf_add(out, s.ptr, s.len);
    }
}

/* The dictionary is the segment's own: loading a long text needs no memory that grows. */
static bool
pack_texts(size_t rows, const uint8_t *valid, const struct str *texts, struct buf *out)
{
    struct labels *l = labels_new();
    int64_t *codes = calloc(rows + 1, sizeof *codes);
    bool ok = l != NULL && codes != NULL;

    for (size_t i = 0; ok && i < rows; i++) {
        uint32_t code = 0;
        ok = valid[i] == 0 || labels_code(l, texts[i], &code);
        codes[i] = code;
    }
    if (ok) {
        pack_values(rows, codes, true, out);
        pack_valid(rows, valid, out);
        pack_labels(l, out);
    }
    labels_free(l);
    free(codes);
    return ok;
}

enum err
segment_pack(struct diag *d, size_t rows, const int64_t *values, const uint8_t *valid,
    const struct str *texts, struct buf *out)
{
    bool ok = true;

    if (texts != NULL) {
        ok = pack_texts(rows, valid, texts, out);
    } else {
        pack_values(rows, values, false, out);
        pack_valid(rows, valid, out);
    }
    if (!ok || out->full)
        return FAIL(d, ERR_TOO_LARGE, "The data need too much memory to store.");
    return ERR_OK;
}

/* ---- back ---- */

static enum err
damaged(struct diag *d)
{
    return FAIL(d, ERR_INTERNAL, "A stored segment is not what was written.");
}

static const char *
take(struct str *rest, size_t n)
{
    const char *p = rest->ptr;

    if (rest->len < n)
        return NULL;
    rest->ptr += n;
    rest->len -= n;
    return p;
}

/* Offsets of `width` bytes to values of the column, in runs that stay in cache. */
static void
spread(const char *from, size_t rows, size_t width, int64_t base, struct column *c,
    size_t at)
{
    int64_t run[RUN_ROWS];

    for (size_t done = 0; done < rows;) {
        size_t n = rows - done < RUN_ROWS ? rows - done : RUN_ROWS;
        for (size_t i = 0; i < n; i++) {
            uint64_t offset = 0;
            memcpy(&offset, from + (done + i) * width, width);
            run[i] = (int64_t)((uint64_t)base + offset);
        }
        column_store(c, at + done, run, n);
        done += n;
    }
}

/* The segment's codes become the column's. */
static enum err
merge_labels(struct diag *d, struct str *rest, struct column *c, size_t at, size_t rows)
{
    const char *p = take(rest, sizeof(uint32_t));
    uint32_t n = 0, len, *codes;
    enum err err = ERR_OK;

    if (p == NULL)
        return damaged(d);
    memcpy(&n, p, sizeof n);
    codes = calloc((size_t)n + 1, sizeof *codes);
    if (codes == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The table needs too much memory.");
    for (size_t i = 0; err == ERR_OK && i < n; i++) {
        p = take(rest, sizeof len);
        memcpy(&len, p != NULL ? p : "\0\0\0", sizeof len);
        p = p != NULL ? take(rest, len) : NULL;
        if (p == NULL || !labels_code(c->labels, (struct str){p, len}, &codes[i]))
            err = damaged(d);
    }
    for (size_t i = at; err == ERR_OK && i < at + rows; i++) {
        int64_t own = column_value(c, i);
        if (own < 0 || own > n)
            err = damaged(d);
        else
            column_store(c, i, &(int64_t){codes[own]}, 1);
    }
    free(codes);
    return err;
}

enum err
segment_unpack(
    struct diag *d, struct str bytes, size_t rows, struct column *c, size_t at)
{
    const char *head = take(&bytes, HEAD_BYTES), *values, *bits;
    uint32_t rows32;
    int64_t base;

    if (head == NULL)
        return damaged(d);
    memcpy(&rows32, head + 4, sizeof rows32);
    memcpy(&base, head + 8, sizeof base);
    if (rows32 != rows ||
        (head[0] != 1 && head[0] != 2 && head[0] != 4 && head[0] != 8))
        return damaged(d);
    values = take(&bytes, rows * (size_t)head[0]);
    bits = take(&bytes, (rows + 7) / 8);
    if (values == NULL || bits == NULL || (head[1] == FLAG_TEXT) != (c->labels != NULL))
        return damaged(d);
    spread(values, rows, (size_t)head[0], base, c, at);
    for (size_t i = 0; c->valid != NULL && i < rows; i++)
        c->valid[at + i] = (uint8_t)bits[i / 8] >> (i % 8) & 1;
    return c->labels != NULL ? merge_labels(d, &bytes, c, at, rows) : ERR_OK;
}
