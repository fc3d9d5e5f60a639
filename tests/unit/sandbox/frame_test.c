/* frame_test.c -- messages: what goes in comes out, and hostile ones are refused. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "sandbox/wire/frame.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct monous
soon(void)
{
    return (struct monous){clock_mono().us + 200000};
}

static void
pair(int ends[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

Test(frame, head_round_trip_and_refusals)
{
    static const struct {
        uint8_t head[FRAME_HEAD_BYTES];
        const char *why;
    } bad[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0}, "type zero"},
        {{0, 0, 0, 0, FRAME_TYPES_N, 0, 0, 0}, "a type past the last"},
        {{0, 0, 0, 0, 255, 255, 0, 0}, "a type of two bytes"},
        {{0, 0, 0, 0, FRAME_DONE, 0, 1, 0}, "a reserved byte"},
        {{0, 0, 0, 0, FRAME_DONE, 0, 0, 128}, "the other reserved byte"},
        {{1, 0, 0, 0, FRAME_KEPT, 0, 0, 0}, "a body where none may be"},
        {{255, 255, 255, 255, FRAME_DONE, 0, 0, 0}, "4 GiB"},
        {{1, 16, 0, 0, FRAME_PRINT, 0, 0, 0}, "one byte too long"},
    };
    uint8_t head[FRAME_HEAD_BYTES];
    enum frame_type type;
    size_t len;

    for (size_t i = 0; i < ARRAY_N(bad); i++)
        cr_expect_not(frame_head_get(bad[i].head, &type, &len), "%s", bad[i].why);
    for (int t = FRAME_NONE + 1; t < FRAME_TYPES_N; t++) {
        size_t most = frame_bytes_max((enum frame_type)t);
        frame_head_put(head, (enum frame_type)t, most);
        cr_assert(frame_head_get(head, &type, &len));
        cr_assert_eq(type, (enum frame_type)t);
        cr_assert_eq(len, most);
    }
}

Test(frame, fields_round_trip)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 256, -256};
    BUF_SCOPE(b);
    char z[8];

    buf_init(&b, 4096);
    for (size_t i = 0; i < ARRAY_N(numbers); i++)
        field_put_i64(&b, numbers[i]);
    field_put_str(&b, STR("a\0b"));
    field_put_z(&b, NULL);
    field_put_z(&b, "seven77");
    field_put_budget(&b, (struct budget){1, 2, EPS_NONE});

    struct fields f = fields_of(buf_str(&b));
    for (size_t i = 0; i < ARRAY_N(numbers); i++)
        cr_assert_eq(field_i64(&f, INT64_MIN, INT64_MAX), numbers[i]);
    cr_assert(str_eq(field_str(&f, 3), STR("a\0b")));
    cr_assert_eq(field_str(&f, 3).len, 0);
    field_z(&f, z, sizeof z);
    cr_assert_str_eq(z, "seven77");
    struct budget v = field_budget(&f);
    cr_assert(v.rho_nano == 1 && v.delta_atto == 2 && v.eps_nano == EPS_NONE);
    cr_assert(fields_end(&f));
}

Test(frame, faults_stick)
{
    BUF_SCOPE(b);
    char z[4];

    buf_init(&b, 4096);
    field_put_i64(&b, 5);
    field_put_str(&b, STR("abcd"));

    struct fields left = fields_of(buf_str(&b));
    (void)field_i64(&left, 0, 9);
    cr_assert_not(fields_end(&left)); /* bytes left over */
    struct fields range = fields_of(buf_str(&b));
    cr_assert_eq(field_i64(&range, 6, 9), 0);
    cr_assert_eq(field_str(&range, 9).len, 0); /* a fault makes the rest empty */
    cr_assert_not(fields_end(&range));
    struct fields text = fields_of(buf_str(&b));
    (void)field_i64(&text, 0, 9);
    field_z(&text, z, sizeof z); /* four bytes and a NUL do not fit */
    cr_assert_not(fields_end(&text));

    for (size_t cut = 0; cut < b.len; cut++) { /* every truncation */
        struct fields f = fields_of((struct str){b.ptr, cut});
        (void)field_i64(&f, 0, 9);
        (void)field_str(&f, 9);
        cr_assert_not(fields_end(&f));
    }
    buf_release(&b);
    buf_init(&b, 64);
    field_put_str(&b, STR("a\0b"));
    struct fields nul = fields_of(buf_str(&b));
    field_z(&nul, z, sizeof z);
    cr_assert_not(fields_end(&nul));
    b.ptr[7] = (char)0x80; /* a negative length */
    struct fields negative = fields_of(buf_str(&b));
    cr_assert_eq(field_str(&negative, 100).len, 0);
    cr_assert_not(fields_end(&negative));
}

Test(frame, descriptors_travel_only_where_wanted)
{
    int ends[2], pipe_ends[2];
    struct diag d = {0};
    FRAME_SCOPE(in);
    char byte;

    pair(ends);
    cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
    in.fds_wanted = 1;
    cr_assert_eq(
        frame_send(&d, ends[0], soon(), FRAME_PRINT, STR("hello"), pipe_ends, 2),
        ERR_OK);
    cr_assert_eq(frame_recv(&d, ends[1], soon(), &in), ERR_OK);
    cr_assert(str_eq(buf_str(&in.body), STR("hello")));
    cr_assert_eq(in.fds_n, 1);
    int fd = frame_take_fd(&in, 0);
    cr_assert_eq(frame_take_fd(&in, 0), -1);
    cr_assert_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    cr_assert_eq(write(pipe_ends[1], "x", 1), 1);
    cr_assert_eq(read(fd, &byte, 1), 1);

    in.fds_wanted = 0; /* as the broker reads its worker */
    cr_assert_eq(
        frame_send(&d, ends[0], soon(), FRAME_PRINT, STR("again"), pipe_ends, 2),
        ERR_OK);
    cr_assert_eq(frame_recv(&d, ends[1], soon(), &in), ERR_OK);
    cr_assert_eq(in.fds_n, 0);
}

Test(frame, a_silent_or_dead_peer_does_not_block)
{
    int ends[2];
    struct diag d = {0};
    FRAME_SCOPE(in);
    static char large[1 << 20];

    pair(ends);
    cr_assert_eq(frame_recv(&d, ends[1], soon(), &in), ERR_TIMEOUT);
    diag_clear(&d);
    cr_assert_eq(write(ends[0], "\5\0\0", 3), 3); /* half a head, then nothing */
    cr_assert_eq(frame_recv(&d, ends[1], soon(), &in), ERR_TIMEOUT);
    diag_clear(&d);
    cr_assert_eq(frame_send(&d, ends[0], soon(), FRAME_DONE,
                     (struct str){large, sizeof large}, NULL, 0),
        ERR_TIMEOUT); /* nobody reads */
    diag_clear(&d);
    close(ends[1]);
    cr_assert_eq(frame_send(&d, ends[0], soon(), FRAME_KEPT, STR(""), NULL, 0), ERR_IO);
    diag_clear(&d);
    cr_assert_eq(frame_recv(&d, ends[0], soon(), &in), ERR_IO);
}

/* Else a worker that floods its broker would outlive its run's time. */
Test(frame, what_is_ready_too_late_is_not_taken)
{
    struct diag d = {0};
    int ends[2];
    FRAME_SCOPE(in);

    pair(ends);
    cr_assert_eq(
        frame_send(&d, ends[0], FRAME_NO_DEADLINE, FRAME_PRINT, STR("late"), NULL, 0),
        ERR_OK);
    cr_expect_eq(frame_recv(&d, ends[1], clock_mono(), &in), ERR_TIMEOUT);
    diag_clear(&d);
    cr_expect_eq(frame_recv(&d, ends[1], soon(), &in), ERR_OK);
    close(ends[0]);
    close(ends[1]);
}

Test(frame, too_large_bodies_are_not_sent)
{
    struct diag d = {0};

    cr_assert_eq(
        frame_send(&d, -1, soon(), FRAME_KEPT, STR("x"), NULL, 0), ERR_TOO_LARGE);
}

Test(frame, diag_round_trip)
{
    struct diag sent = {.code = ERR_BUDGET, .text = "no", .field = "/a"}, got = {0};
    BUF_SCOPE(b);

    buf_init(&b, 4096);
    field_put_diag(&b, &sent);
    struct fields f = fields_of(buf_str(&b));
    cr_assert_eq(field_diag(&f, &got), ERR_BUDGET);
    cr_assert_str_eq(got.text, "no");
    cr_assert_str_eq(got.field, "/a");
    diag_clear(&got);
    struct fields empty = fields_of(STR(""));
    cr_assert_eq(field_diag(&empty, &got), ERR_INVALID);
}
