/* rowrun_talk.c -- what the broker says to a row process, and hears of it. */
#include "sandbox/runner/rowrun_talk.h"

#include "policies/schema_value.h"
#include "sandbox/wire/rowwire.h"

#include <string.h>

static void
put_program(struct buf *out, const struct row_program *p, uint64_t seed)
{
    field_put_i64(out, p->kind);
    field_put_str(out, p->source);
    field_put_i64(out, p->decimals);
    field_put_i64(out, p->lower);
    field_put_i64(out, p->upper);
    field_put_i64(out, p->fallback);
    field_put_i64(out, (int64_t)seed);
    field_put_i64(out, (int64_t)p->args_n);
    for (size_t i = 0; i < p->args_n; i++) {
        field_put_z(out, p->types[i].name);
        field_put_i64(out, p->types[i].type);
        field_put_i64(out, p->types[i].type == COL_DECIMAL ? p->types[i].decimals : 0);
    }
}

enum err
row_send_program(struct diag *d, int fd, struct monous deadline,
    const struct row_program *p, uint64_t seed)
{
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_PROGRAM));
    put_program(&body, p, seed);
    if (body.full)
        return FAIL(d, ERR_INVALID, "a row program that is too long");
    return frame_send(d, fd, deadline, FRAME_PROGRAM, buf_str(&body), NULL, 0);
}

static struct str
text_of(const struct row_batch *in, const struct schema_column *c, size_t arg,
    size_t row, char scratch[32])
{
    int64_t v = in->values[arg][row];
    struct str s;

    if (in->valid[arg][row] == 0)
        return STR("");
    s = in->labels[arg] != NULL ? labels_text(in->labels[arg], (size_t)v)
                                : str_of(schema_text(c, v, scratch));
    if (s.len > ROW_TEXT_BYTES_MAX) {
        s.len = ROW_TEXT_BYTES_MAX;
        while (s.len > 0 && ((uint8_t)s.ptr[s.len] & 0xC0) == 0x80)
            s.len--; /* not within a character */
    }
    return s;
}

static void
put_texts(struct buf *out, const struct row_batch *in, const struct schema_column *c,
    size_t arg, size_t from, size_t n)
{
    BUF_SCOPE(texts);
    uint32_t lengths[ROW_BATCH_ROWS];
    char scratch[32];

    buf_init(&texts, (size_t)ROW_BATCH_ROWS * ROW_TEXT_BYTES_MAX + 1);
    for (size_t i = 0; i < n; i++) {
        struct str s = text_of(in, c, arg, from + i, scratch);
        lengths[i] = (uint32_t)s.len;
        buf_add(&texts, s.ptr, s.len);
    }
    field_put_str(out, (struct str){(const char *)lengths, n * sizeof lengths[0]});
    field_put_str(out, buf_str(&texts));
}

enum err
row_send_batch(struct diag *d, int fd, struct monous deadline,
    const struct row_program *p, const struct row_batch *in, size_t from, size_t n)
{
    BUF_SCOPE(out);

    buf_init(&out, frame_bytes_max(FRAME_BATCH));
    field_put_i64(&out, (int64_t)n);
    for (size_t i = 0; n > 0 && i < p->args_n; i++) {
        const char *valid = (const char *)(in->valid[i] + from);
        field_put_str(&out, (struct str){valid, n});
        if (row_type_is_text(&p->types[i])) {
            put_texts(&out, in, &p->types[i], i, from, n);
            continue;
        }
        const char *numbers = (const char *)(in->values[i] + from);
        field_put_str(&out, (struct str){numbers, n * sizeof(int64_t)});
    }
    if (out.full)
        return FAIL(d, ERR_SANDBOX, "rows that are too long");
    return frame_send(d, fd, deadline, FRAME_BATCH, buf_str(&out), NULL, 0);
}

void
row_answer_release(struct row_answer *r)
{
    frame_release(&r->frame);
}

enum err
row_hear(struct diag *d, int fd, struct monous deadline, enum frame_type want,
    struct row_answer *out)
{
    TRY(frame_recv(d, fd, deadline, &out->frame));
    if (out->frame.type != want)
        return FAIL(d, ERR_INVALID, "a row process spoke out of turn");
    struct fields f = fields_of(buf_str(&out->frame.body));
    out->good = field_i64(&f, 0, 1) == 1;
    out->number = field_i64(&f, INT64_MIN, INT64_MAX);
    out->json = field_str(&f, ROW_RESULT_BYTES_MAX);
    field_z(&f, out->error, sizeof out->error);
    if (!fields_end(&f))
        return FAIL(d, ERR_INVALID, "a row process' word cannot be read");
    str_utf8_mend(out->error, strlen(out->error));
    return ERR_OK;
}
