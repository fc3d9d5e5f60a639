/* frame.h -- typed, bounded messages (and descriptors) between the processes.
 *
 * On the wire: u32 body length, u16 type, u16 zero, all little endian, then the body.
 * A type that is not in frame.def, a body longer than its type allows and a reserved
 * field that is not zero are errors before any body byte is read. Bodies are either one
 * raw text or a row of fields: 8-byte integers and texts with their length in front. */
#ifndef SANDBOX_WIRE_FRAME_H
#define SANDBOX_WIRE_FRAME_H

#include "datasite/base/err.h"
#include "datasite/base/limits.h"
#include "datasite/base/units.h"

#define FRAME_HEAD_BYTES  8
#define FRAME_FDS_MAX     2
#define FRAME_NO_DEADLINE ((struct monous){INT64_MAX})

enum frame_type {
    FRAME_NONE,
#define FRAME(name, bytes) FRAME_##name,
#include "sandbox/wire/frame.def"
#undef FRAME
    FRAME_TYPES_N
};

const char *frame_name(enum frame_type t); /* "RUN", for logs and tests */
size_t frame_bytes_max(enum frame_type t);

void frame_head_put(uint8_t head[FRAME_HEAD_BYTES], enum frame_type type, size_t len);
/* False: an unknown type, a length above its ceiling, or a reserved bit. */
bool frame_head_get(
    const uint8_t head[FRAME_HEAD_BYTES], enum frame_type *type, size_t *len);

struct frame {
    enum frame_type type;
    struct buf body;
    size_t fds_wanted;      /* set before frame_recv: how many descriptors to accept */
    int fds[FRAME_FDS_MAX]; /* owned by the frame until frame_take_fd */
    size_t fds_n;
};
void frame_release(struct frame *f);
int frame_take_fd(struct frame *f, size_t i); /* -1: there is none */
#define FRAME_SCOPE(name) \
    struct frame name __attribute__((cleanup(frame_release))) = {.type = FRAME_NONE}

/* Both wait no longer than the deadline: ERR_TIMEOUT; after it nothing is taken, though it
 * be there. ERR_IO: the other end is gone; ERR_INVALID: it sent what is no frame. */
enum err frame_send(struct diag *d, int fd, struct monous deadline,
    enum frame_type type, struct str body, const int *fds, size_t fds_n) NODISCARD;
enum err frame_recv(
    struct diag *d, int fd, struct monous deadline, struct frame *f) NODISCARD;

/* Writing fields; a full buffer is found out once, by frame_send's caller. */
void field_put_i64(struct buf *b, int64_t v);
void field_put_str(struct buf *b, struct str s);
void field_put_z(struct buf *b, const char *z); /* NULL is written as "" */
void field_put_budget(struct buf *b, struct budget v);
void field_put_digest(struct buf *b, struct digest v);
void field_put_diag(struct buf *b, const struct diag *d);

/* Reading fields: the first fault makes all further ones zero or empty, and fields_end
 * false. What was read may be used only after fields_end said true. */
struct fields {
    const uint8_t *at, *end;
    bool bad;
};
struct fields fields_of(struct str body);
int64_t field_i64(struct fields *f, int64_t least, int64_t most);
struct str field_str(struct fields *f, size_t bytes_max);    /* borrows the body */
void field_z(struct fields *f, char *out, size_t out_bytes); /* no NUL inside */
struct budget field_budget(struct fields *f);
struct digest field_digest(struct fields *f);
/* Makes the failure that a message tells of our own; ERR_INVALID if it tells none. */
enum err field_diag(struct fields *f, struct diag *d) NODISCARD;
bool fields_end(const struct fields *f); /* no fault, nothing left over */

#endif
