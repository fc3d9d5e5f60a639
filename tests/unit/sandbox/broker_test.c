/* broker_test.c -- a worker taken over by its script: whatever it sends, the run ends as
 * sandbox_violation, in bounded time, and with nothing answered.
 *
 * The worker here is a shell script that says what the table holds. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/frame.h"
#include "sandbox/luabox_end.h"
#include "tests/unit/sandbox/mock_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/datasite-broker-XXXXXX";

static void
put_frame(struct buf *b, enum frame_type type, struct str body)
{
    uint8_t head[FRAME_HEAD_BYTES];

    frame_head_put(head, type, body.len);
    buf_add(b, head, sizeof head);
    buf_add(b, body.ptr, body.len);
}

static void
put_ready(struct buf *b)
{
    BUF_SCOPE(body);

    buf_init(&body, 64);
    field_put_i64(&body, 7);
    field_put_i64(&body, 0);
    put_frame(b, FRAME_READY, buf_str(&body));
}

/* A worker that says these bytes and then does `then`. The path is good until the next. */
static const char *
worker_that_says(struct str bytes, const char *then)
{
    static char script[256];
    char said[256], text[600];
    struct diag d = {0};

    if (access(folder, F_OK) != 0)
        cr_assert_not_null(mkdtemp(folder));
    snprintf(said, sizeof said, "%s/said", folder);
    snprintf(script, sizeof script, "%s/worker", folder);
    snprintf(text, sizeof text, "#!/bin/sh\ncat %s >&3\n%s\n", said, then);
    cr_assert_eq(file_replace(&d, said, bytes, 0600), ERR_OK, "%s", d.text);
    cr_assert_eq(file_replace(&d, script, str_of(text), 0700), ERR_OK, "%s", d.text);
    return script;
}

static enum outcome_kind
kind_of(struct str bytes, const char *then, char *why, size_t why_bytes)
{
    struct runner *r = mock_runner(worker_that_says(bytes, then));
    struct order o = mock_order("run_hostile", STR("return 1"));
    struct outcome out;
    struct diag d = {0};

    o.limits.wall_ms = 2000;
    enum err e = runner_run(r, &d, &o, NULL, &out);
    fd_close_p(&o.mock_fd);
    snprintf(why, why_bytes, "%s%s", d.text, out.text);
    enum outcome_kind kind = e == ERR_OK ? out.kind : OUTCOME_INTERNAL;
    cr_expect_null(out.output);
    outcome_release(&out);
    runner_stop(r);
    return kind;
}

static struct str
raw(const char *p, size_t n)
{
    return (struct str){p, n};
}

static void
put_end(struct buf *b, int64_t end, int64_t line, struct str text)
{
    BUF_SCOPE(body);

    buf_init(&body, 4096);
    field_put_i64(&body, end);
    field_put_i64(&body, line);
    field_put_str(&body, text);
    put_frame(b, FRAME_ENDED, buf_str(&body));
}

/* What a worker says after READY, by number; false: there is no such case. */
static bool
say(struct buf *b, int i)
{
    static char large[70000];

    memset(large, 'x', sizeof large);
    switch (i) {
    case 0: /* no message at all */
        buf_add(b, "\377\377\377\377\377\377\377\377", 8);
        return true;
    case 1: /* a server's message */
        put_frame(b, FRAME_KEPT, STR(""));
        return true;
    case 2: /* a broker's message: answering itself */
        put_frame(b, FRAME_ANSWER, STR("{\"value\":1}"));
        return true;
    case 3: /* an order */
        put_frame(b, FRAME_CANCEL, STR("x"));
        return true;
    case 4: /* an outcome of its own making */
        put_frame(b, FRAME_OUTCOME, STR("x"));
        return true;
    case 5: /* a charge of its own making */
        put_frame(b, FRAME_CHARGE, STR("x"));
        return true;
    case 6: /* output that is not JSON */
        put_frame(b, FRAME_DONE, STR("{"));
        return true;
    case 7: /* output that repeats a key */
        put_frame(b, FRAME_DONE, STR("{\"a\":1,\"a\":2}"));
        return true;
    case 8: /* output beyond the order's limit */
        put_frame(b, FRAME_DONE, raw(large, sizeof large));
        return true;
    case 9: /* more log than it may */
        for (int k = 0; k < 40; k++)
            put_frame(b, FRAME_PRINT, raw(large, 4096));
        return true;
    case 10: /* an end that cannot be read */
        put_frame(b, FRAME_ENDED, STR("x"));
        return true;
    case 11: /* an end that is no failure */
        put_end(b, LUABOX_OK, 1, STR("fine"));
        return true;
    case 12: /* a line that is none */
        put_end(b, LUABOX_SCRIPT, -5, STR("x"));
        return true;
    case 13: /* a text with a NUL */
        put_end(b, LUABOX_SCRIPT, 5, STR("a\0b"));
        return true;
    case 14: /* a text that is too long */
        put_end(b, LUABOX_SCRIPT, 5, raw(large, 600));
        return true;
    case 15: /* READY again */
        put_ready(b);
        return true;
    case 16: /* half a message, then the end */
        put_frame(b, FRAME_DONE, STR("{}"));
        b->len -= 1;
        return true;
    default:
        return false;
    }
}

Test(broker, hostile_messages_end_the_run, .timeout = 120)
{
    char why[512];

    for (int i = 0;; i++) {
        BUF_SCOPE(b);
        buf_init(&b, 1 << 20);
        put_ready(&b);
        if (!say(&b, i))
            break;
        cr_expect_eq(kind_of(buf_str(&b), i == 16 ? "" : "sleep 20", why, sizeof why),
            OUTCOME_SANDBOX_VIOLATION, "case %d: %s", i, why);
    }
}

Test(broker, a_worker_that_goes_without_a_word_is_a_violation)
{
    BUF_SCOPE(b);
    char why[512];

    buf_init(&b, 1024);
    put_ready(&b);
    cr_expect_eq(
        kind_of(buf_str(&b), "exit 0", why, sizeof why), OUTCOME_SANDBOX_VIOLATION);
    cr_expect_eq(
        kind_of(buf_str(&b), "exit 3", why, sizeof why), OUTCOME_SANDBOX_VIOLATION);
    cr_expect_not_null(strstr(why, "crashed"), "%s", why);
}

Test(broker, a_worker_that_stalls_runs_out_of_time)
{
    BUF_SCOPE(b);
    char why[512];
    int64_t began = clock_mono().us;

    buf_init(&b, 1024);
    put_ready(&b);
    cr_expect_eq(kind_of(buf_str(&b), "sleep 20", why, sizeof why), OUTCOME_TIMEOUT);
    buf_add(&b, "\5\0\0", 3); /* half a head */
    cr_expect_eq(kind_of(buf_str(&b), "sleep 20", why, sizeof why), OUTCOME_TIMEOUT);
    cr_expect_lt(clock_mono().us - began, 8000000);
}

Test(broker, a_false_reason_is_only_a_script_error)
{
    BUF_SCOPE(b);
    char why[512];

    buf_init(&b, 1024);
    put_ready(&b);
    put_end(&b, LUABOX_BUDGET, 1, STR("no charge was refused"));
    cr_expect_eq(
        kind_of(buf_str(&b), "sleep 20", why, sizeof why), OUTCOME_SCRIPT_ERROR);
    b.len = 0;
    put_ready(&b);
    put_end(&b, LUABOX_POLICY, 1, STR("nor anything denied"));
    cr_expect_eq(
        kind_of(buf_str(&b), "sleep 20", why, sizeof why), OUTCOME_SCRIPT_ERROR);
}

Test(broker, a_worker_whose_jail_did_not_shut_is_not_used)
{
    char why[512];

    cr_expect_eq(kind_of(STR(""), "exit 85", why, sizeof why), OUTCOME_INTERNAL);
    cr_expect_not_null(strstr(why, "landlock"), "%s", why);
    cr_expect_eq(kind_of(STR("xxxxxxxxxxxxxxxxxxxx"), "sleep 9", why, sizeof why),
        OUTCOME_INTERNAL);
}
