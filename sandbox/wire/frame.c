/* frame.c -- typed, bounded messages (and descriptors) between the processes. */
#include "sandbox/wire/frame.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *name;
    size_t bytes_max;
} frames[FRAME_TYPES_N] = {
#define FRAME(n, bytes) [FRAME_##n] = {#n, (bytes)},
#include "sandbox/wire/frame.def"
#undef FRAME
};

const char *
frame_name(enum frame_type t)
{
    CHECK(t > FRAME_NONE && t < FRAME_TYPES_N);
    return frames[t].name;
}

size_t
frame_bytes_max(enum frame_type t)
{
    CHECK(t > FRAME_NONE && t < FRAME_TYPES_N);
    return frames[t].bytes_max;
}

void
frame_head_put(uint8_t head[FRAME_HEAD_BYTES], enum frame_type type, size_t len)
{
    CHECK(len <= frame_bytes_max(type));
    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(len >> (8 * i));
    head[4] = (uint8_t)type;
    head[5] = 0;
    head[6] = 0;
    head[7] = 0;
}

bool
frame_head_get(const uint8_t head[FRAME_HEAD_BYTES], enum frame_type *type, size_t *len)
{
    size_t n = 0;

    for (int i = 3; i >= 0; i--)
        n = n << 8 | head[i];
    if (head[4] == FRAME_NONE || head[4] >= FRAME_TYPES_N)
        return false;
    if (head[5] != 0 || head[6] != 0 || head[7] != 0)
        return false;
    *type = (enum frame_type)head[4];
    *len = n;
    return n <= frames[*type].bytes_max;
}

void
frame_release(struct frame *f)
{
    buf_release(&f->body);
    for (size_t i = 0; i < f->fds_n; i++)
        fd_close_p(&f->fds[i]);
    f->fds_n = 0;
}

int
frame_take_fd(struct frame *f, size_t i)
{
    int fd = i < f->fds_n ? f->fds[i] : -1;

    if (fd != -1)
        f->fds[i] = -1;
    return fd;
}

/* Waits until fd can do what is asked, or the deadline has passed. */
static enum err
wait_for(struct diag *d, int fd, short what, struct monous deadline)
{
    struct pollfd p = {.fd = fd, .events = what};
    int64_t left_ms = -1;

    if (deadline.us != INT64_MAX) {
        left_ms = (deadline.us - clock_mono().us + 999) / 1000;
        if (left_ms <= 0)
            return FAIL(d, ERR_TIMEOUT, "the other process did not answer in time");
        left_ms = left_ms > INT_MAX ? INT_MAX : left_ms;
    }
    if (poll(&p, 1, (int)left_ms) == -1 && errno != EINTR)
        return FAIL(d, ERR_IO, "poll: %s", strerror(errno));
    return ERR_OK;
}

static enum err
gone(struct diag *d, const char *call, ssize_t n)
{
    if (n == 0)
        return FAIL(d, ERR_IO, "the other process is gone");
    return FAIL(d, ERR_IO, "%s: %s", call, strerror(errno));
}

static void
attach_fds(struct msghdr *m, void *room, const int *fds, size_t n)
{
    m->msg_control = room;
    m->msg_controllen = CMSG_SPACE(n * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(c), fds, n * sizeof(int));
}

/* iovec has no const; what is sent is only read. */
static void *
writable(const char *p)
{
    void *q;

    memcpy(&q, &p, sizeof q);
    return q;
}

enum err
frame_send(struct diag *d, int fd, struct monous deadline, enum frame_type type,
    struct str body, const int *fds, size_t fds_n)
{
    uint8_t head[FRAME_HEAD_BYTES];
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(FRAME_FDS_MAX * sizeof(int))] = {0};
    size_t sent = 0, whole = FRAME_HEAD_BYTES + body.len;

    CHECK(fds_n <= FRAME_FDS_MAX);
    if (body.len > frame_bytes_max(type)) {
        return FAIL(d, ERR_TOO_LARGE, "a %s message of %zu bytes is too large",
            frame_name(type), body.len);
    }
    frame_head_put(head, type, body.len);
    while (sent < whole) {
        size_t from = sent < FRAME_HEAD_BYTES ? 0 : sent - FRAME_HEAD_BYTES;
        size_t head_at = sent < FRAME_HEAD_BYTES ? sent : FRAME_HEAD_BYTES;
        struct iovec v[2] = {
            {head + head_at, FRAME_HEAD_BYTES - head_at},
            {writable(body.ptr + from), body.len - from},
        };
        struct msghdr m = {.msg_iov = v, .msg_iovlen = body.len == 0 ? 1 : 2};
        if (sent == 0 && fds_n > 0)
            attach_fds(&m, room, fds, fds_n);
        ssize_t n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
        } else if (n == -1 && errno == EAGAIN) {
            TRY(wait_for(d, fd, POLLOUT, deadline));
        } else if (n == 0 || errno != EINTR) {
            return gone(d, "sendmsg", n);
        }
    }
    return ERR_OK;
}

/* Keeps up to fds_wanted of the descriptors that came, closes the others. */
static void
keep_fds(struct frame *f, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (f->fds_n < f->fds_wanted) {
                f->fds[f->fds_n++] = fd;
            } else {
                fd_close_p(&fd);
            }
        }
    }
}

/* A peer that always has a message ready is over its time like any other. */
static enum err
in_time(struct diag *d, struct monous deadline)
{
    if (deadline.us == INT64_MAX || clock_mono().us < deadline.us)
        return ERR_OK;
    return FAIL(d, ERR_TIMEOUT, "the other process did not answer in time");
}

/* One read of at most n bytes; with room for descriptors only where they are wanted, so
 * that the kernel drops what a hostile peer attaches. */
static enum err
read_some(struct diag *d, int fd, struct monous deadline, struct frame *f, void *p,
    size_t n, size_t *got)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(FRAME_FDS_MAX * sizeof(int))];
    struct iovec v = {p, n};

    for (;;) {
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
        if (f->fds_wanted > 0) {
            m.msg_control = room;
            m.msg_controllen = sizeof room;
        }
        TRY(in_time(d, deadline));
        ssize_t r = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (r > 0) {
            keep_fds(f, &m);
            *got = (size_t)r;
            return ERR_OK;
        }
        if (r == 0 || (errno != EAGAIN && errno != EINTR))
            return gone(d, "recvmsg", r);
        TRY(wait_for(d, fd, POLLIN, deadline));
    }
}

enum err
frame_recv(struct diag *d, int fd, struct monous deadline, struct frame *f)
{
    uint8_t head[FRAME_HEAD_BYTES] = {0};
    char chunk[16384];
    size_t got = 0, left = 0, at = 0;

    CHECK(f->fds_wanted <= FRAME_FDS_MAX);
    frame_release(f);
    while (at < sizeof head) {
        TRY(read_some(d, fd, deadline, f, head + at, sizeof head - at, &got));
        at += got;
    }
    if (!frame_head_get(head, &f->type, &left)) {
        f->type = FRAME_NONE;
        return FAIL(d, ERR_INVALID, "the other process sent what is no message");
    }
    buf_init(&f->body, left + 1);
    while (left > 0) {
        size_t most = left < sizeof chunk ? left : sizeof chunk;
        TRY(read_some(d, fd, deadline, f, chunk, most, &got));
        buf_add(&f->body, chunk, got);
        left -= got;
    }
    return f->body.full ? FAIL(d, ERR_TOO_LARGE, "no memory for a message") : ERR_OK;
}

void
field_put_i64(struct buf *b, int64_t v)
{
    uint8_t raw[8];

    for (int i = 0; i < 8; i++)
        raw[i] = (uint8_t)((uint64_t)v >> (8 * i));
    buf_add(b, raw, sizeof raw);
}

void
field_put_str(struct buf *b, struct str s)
{
    field_put_i64(b, (int64_t)s.len);
    buf_add(b, s.ptr, s.len);
}

void
field_put_z(struct buf *b, const char *z)
{
    field_put_str(b, str_of(z));
}

void
field_put_budget(struct buf *b, struct budget v)
{
    field_put_i64(b, v.rho_nano);
    field_put_i64(b, v.delta_atto);
    field_put_i64(b, v.eps_nano);
}

void
field_put_digest(struct buf *b, struct digest v)
{
    buf_add(b, v.b, sizeof v.b);
}

void
field_put_diag(struct buf *b, const struct diag *d)
{
    field_put_i64(b, d->code);
    field_put_z(b, d->field);
    field_put_z(b, d->text);
    field_put_z(b, d->extra);
}

struct fields
fields_of(struct str body)
{
    const uint8_t *p = (const uint8_t *)body.ptr;

    return (struct fields){.at = p, .end = body.len == 0 ? p : p + body.len};
}

/* n bytes, or NULL and the fault. */
static const uint8_t *
take(struct fields *f, size_t n)
{
    const uint8_t *p = f->at;

    if (f->bad || (size_t)(f->end - f->at) < n) {
        f->bad = true;
        return NULL;
    }
    f->at += n;
    return p;
}

int64_t
field_i64(struct fields *f, int64_t least, int64_t most)
{
    const uint8_t *p = take(f, 8);
    uint64_t v = 0;

    if (p == NULL)
        return 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    if ((int64_t)v < least || (int64_t)v > most) {
        f->bad = true;
        return 0;
    }
    return (int64_t)v;
}

struct str
field_str(struct fields *f, size_t bytes_max)
{
    size_t n = (size_t)field_i64(f, 0, (int64_t)bytes_max);
    const uint8_t *p = take(f, n);

    return p == NULL ? (struct str){"", 0} : (struct str){(const char *)p, n};
}

void
field_z(struct fields *f, char *out, size_t out_bytes)
{
    struct str s = field_str(f, out_bytes - 1);

    if (memchr(s.ptr, 0, s.len) != NULL) {
        f->bad = true;
        s.len = 0;
    }
    memcpy(out, s.ptr, s.len);
    out[s.len] = 0;
}

struct budget
field_budget(struct fields *f)
{
    struct budget v;

    v.rho_nano = field_i64(f, 0, INT64_MAX);
    v.delta_atto = field_i64(f, 0, INT64_MAX);
    v.eps_nano = field_i64(f, EPS_NONE, INT64_MAX);
    return v;
}

struct digest
field_digest(struct fields *f)
{
    struct digest v = {{0}};
    const uint8_t *p = take(f, sizeof v.b);

    if (p != NULL)
        memcpy(v.b, p, sizeof v.b);
    return v;
}

enum err
field_diag(struct fields *f, struct diag *d)
{
    struct diag told = {.file = __FILE__, .line = __LINE__};

    told.code = (enum err)field_i64(f, ERR_OK + 1, ERR_INTERNAL);
    field_z(f, told.field, sizeof told.field);
    field_z(f, told.text, sizeof told.text);
    field_z(f, told.extra, sizeof told.extra);
    if (!fields_end(f))
        return FAIL(d, ERR_INVALID, "a failure that cannot be read");
    if (d->code == ERR_OK)
        *d = told;
    return told.code;
}

bool
fields_end(const struct fields *f)
{
    return !f->bad && f->at == f->end;
}
