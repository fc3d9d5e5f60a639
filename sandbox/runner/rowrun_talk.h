/* rowrun_talk.h -- what the broker says to a row process, and hears of it.
 *
 * luarows_serve.c is the other side. A process that runs a stranger's program is believed
 * nothing: what is out of turn or cannot be read is ERR_INVALID. */
#ifndef SANDBOX_RUNNER_ROWRUN_TALK_H
#define SANDBOX_RUNNER_ROWRUN_TALK_H

#include "sandbox/wire/frame.h"
#include "sandbox/wire/rowport.h"

enum err row_send_program(struct diag *d, int fd, struct monous deadline,
    const struct row_program *p, uint64_t seed) NODISCARD;
/* Rows [from, from + n) of a batch; none: that was all of a block. */
enum err row_send_batch(struct diag *d, int fd, struct monous deadline,
    const struct row_program *p, const struct row_batch *in, size_t from,
    size_t n) NODISCARD;

/* What COMPILED and RESULT say. json borrows the frame; error is for the author. */
struct row_answer {
    struct frame frame;
    bool good;
    int64_t number;
    struct str json;
    char error[512];
};

void row_answer_release(struct row_answer *r);
#define ROW_ANSWER_SCOPE(name) \
    struct row_answer name __attribute__((cleanup(row_answer_release))) = {0}
enum err row_hear(struct diag *d, int fd, struct monous deadline, enum frame_type want,
    struct row_answer *out) NODISCARD;

#endif
