/* charge.c -- the broker's side of the ledger: nothing is answered before it is paid. */
#include "sandbox/runner/charge.h"

/* The server's word to what we sent. It may take its time: the runner's deadline is the
 * one that ends us. */
static enum err
reply(struct diag *d, int fd, enum frame_type want, struct frame *in)
{
    TRY(frame_recv(d, fd, FRAME_NO_DEADLINE, in));
    if (in->type == FRAME_FAILED) {
        struct fields f = fields_of(buf_str(&in->body));
        return field_diag(&f, d);
    }
    if (in->type != want)
        return FAIL(d, ERR_INVALID, "the server answered out of turn");
    return ERR_OK;
}

enum err
charge_ask(struct diag *d, int fd, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *text)
{
    BUF_SCOPE(out);
    FRAME_SCOPE(in);

    buf_init(&out, frame_bytes_max(FRAME_CHARGE));
    field_put_digest(&out, ask->measurement);
    field_put_z(&out, ask->label);
    field_put_z(&out, ask->mechanism);
    field_put_z(&out, ask->error95);
    field_put_z(&out, ask->plan_json);
    field_put_budget(&out, ask->price);
    field_put_i64(&out, ask->exact);
    if (out.full)
        return FAIL(d, ERR_INVALID, "the plan is too long");
    TRY(frame_send(d, fd, FRAME_NO_DEADLINE, FRAME_CHARGE, buf_str(&out), NULL, 0));
    TRY(reply(d, fd, FRAME_VERDICT, &in));
    struct fields f = fields_of(buf_str(&in.body));
    *verdict = (enum charge_verdict)field_i64(&f, CHARGE_PAID, CHARGE_REFUSED);
    struct str told = field_str(&f, FRAME_BYTES_MAX);
    if (!fields_end(&f))
        return FAIL(d, ERR_INVALID, "a verdict that cannot be read");
    buf_add(text, told.ptr, told.len);
    return ERR_OK;
}

enum err
charge_keep(struct diag *d, int fd, struct digest measurement, struct str answer)
{
    BUF_SCOPE(out);
    FRAME_SCOPE(in);

    buf_init(&out, frame_bytes_max(FRAME_KEEP));
    field_put_digest(&out, measurement);
    field_put_str(&out, answer);
    if (out.full)
        return FAIL(d, ERR_TOO_LARGE, "the answer is too large");
    TRY(frame_send(d, fd, FRAME_NO_DEADLINE, FRAME_KEEP, buf_str(&out), NULL, 0));
    return reply(d, fd, FRAME_KEPT, &in);
}
