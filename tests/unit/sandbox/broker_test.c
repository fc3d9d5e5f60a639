/* broker_test.c -- a worker taken over by its script: whatever it sends, the run ends as
 * sandbox_violation, in bounded time, and with nothing answered.
 *
 * The worker is datasite-worker-attack, which says what the source's first line tells. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/wire/frame.h"
#include "sandbox/wire/luabox_end.h"
#include "tests/unit/sandbox/mock_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_LEAST 64 /* this many of the letter x are told by their number */

static struct runner *runner;

static void
setup(void)
{
    char *worker = program_beside("datasite-worker-attack");

    if (access(worker, X_OK) != 0)
        cr_skip_test("datasite-worker-attack is not built");
    runner = mock_runner(worker);
    free(worker);
}

static void
teardown(void)
{
    runner_stop(runner);
}

TestSuite(broker, .init = setup, .fini = teardown, .timeout = 120);

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

static size_t
run_of_x(struct str bytes, size_t at)
{
    size_t n = 0;

    while (at + n < bytes.len && bytes.ptr[at + n] == 'x')
        n++;
    return n;
}

/* A first line by which the worker says these bytes `times` over, and then stalls, fails
 * or ends. */
static void
put_line(struct buf *source, struct str bytes, const char *then, int times)
{
    bool parted = true;

    buf_addf(source, "-- attack: say %s %d", then, times);
    for (size_t i = 0; i < bytes.len;) {
        size_t n = run_of_x(bytes, i);
        if (n >= RUN_LEAST) {
            buf_addf(source, " x%zu", n);
            i += n;
            parted = true;
            continue;
        }
        buf_addf(source, "%s%02x", parted ? " " : "", (unsigned char)bytes.ptr[i++]);
        parted = false;
    }
    buf_addz(source, "\nreturn 1");
}

/* memory_more: see attack_before_jail. */
static enum outcome_kind
kind_of_more(
    struct str bytes, const char *then, int times, int memory_more, char why[512])
{
    BUF_SCOPE(source);
    struct outcome out;
    struct diag d = {0};

    buf_init(&source, SOURCE_BYTES_MAX);
    put_line(&source, bytes, then, times);
    cr_assert(!source.full);
    struct order o = mock_order("run_hostile", buf_str(&source));
    o.limits.wall_ms = 2000;
    o.limits.memory_bytes += memory_more;
    enum err e = runner_run(runner, &d, &o, NULL, &out);
    fd_close_p(&o.mock_fd);
    enum outcome_kind kind = e == ERR_OK ? out.kind : OUTCOME_INTERNAL;
    snprintf(why, 512, "%s: %.200s%.250s", outcome_name(kind), d.text, out.text);
    cr_expect_null(out.output);
    outcome_release(&out);
    return kind;
}

static enum outcome_kind
kind_of(struct str bytes, const char *then, char why[512])
{
    return kind_of_more(bytes, then, 1, 0, why);
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
    case 9: /* a line that is longer than a line may be */
        put_frame(b, FRAME_DONE, raw(large, RUN_LOG_LINE_BYTES_MAX + 1));
        b->ptr[4] = FRAME_PRINT;
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

Test(broker, hostile_messages_end_the_run)
{
    char why[512];

    for (int i = 0;; i++) {
        BUF_SCOPE(b);
        buf_init(&b, 1 << 20);
        if (!say(&b, i))
            break;
        cr_expect_eq(kind_of(buf_str(&b), i == 16 ? "end" : "stall", why),
            OUTCOME_SANDBOX_VIOLATION, "case %d: %s", i, why);
    }
}

/* Every type there is, empty, with a body that means nothing, as long as it may be by its
 * head and longer, with a reserved bit: the worker then ends without another word. */
Test(broker, every_type_and_length_ends_the_run)
{
    static const uint32_t beyond[] = {1, 0x7fffffff};
    char why[512];

    for (int t = FRAME_NONE; t <= FRAME_TYPES_N; t++) {
        size_t most = t > FRAME_NONE && t < FRAME_TYPES_N
            ? frame_bytes_max((enum frame_type)t)
            : 8;
        const uint64_t lengths[] = {
            0, 8, most, most + beyond[0], (uint64_t)most + beyond[1], UINT32_MAX};
        for (size_t i = 0; i < ARRAY_N(lengths) + 1; i++) {
            uint64_t n = i < ARRAY_N(lengths) ? lengths[i] : 0;
            char said[FRAME_HEAD_BYTES + 8] = {(char)n, (char)(n >> 8), (char)(n >> 16),
                (char)(n >> 24), (char)t, 0, i == ARRAY_N(lengths), 0};
            cr_expect_eq(kind_of(raw(said, sizeof said - (n == 0 ? 8 : 0)), "end", why),
                OUTCOME_SANDBOX_VIOLATION, "type %d, length %llu: %s", t,
                (unsigned long long)n, why);
        }
    }
}

Test(broker, more_log_than_it_may_ends_the_run)
{
    BUF_SCOPE(b);
    static char line[4096];
    char why[512];

    memset(line, 'x', sizeof line);
    buf_init(&b, 8192);
    put_frame(&b, FRAME_PRINT, raw(line, sizeof line));
    cr_expect_eq(kind_of_more(buf_str(&b), "stall", 40, 0, why),
        OUTCOME_SANDBOX_VIOLATION, "%s", why);
    cr_expect_not_null(strstr(why, "log"), "%s", why);
}

/* Questions that nobody reads the answers of: the broker does not wait without end. */
Test(broker, a_flood_of_questions_ends_in_time)
{
    BUF_SCOPE(b);
    char why[512];
    int64_t began = clock_mono().us;

    buf_init(&b, 1024);
    put_frame(&b, FRAME_EXPLAIN, STR("{}"));
    enum outcome_kind kind = kind_of_more(buf_str(&b), "stall", 20000, 0, why);
    cr_expect(kind == OUTCOME_TIMEOUT || kind == OUTCOME_SANDBOX_VIOLATION, "%s", why);
    cr_expect_lt(clock_mono().us - began, 8000000);
}

/* ---- what is well formed is answered by policy, and only in its turn ---- */

struct book {
    int charges_n, keeps_n;
};

static enum err
book_charge(void *self, struct diag *d, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    struct book *b = self;

    (void)d, (void)ask, (void)answer;
    b->charges_n++;
    *verdict = CHARGE_PAID;
    return ERR_OK;
}

static enum err
book_keep(void *self, struct diag *d, struct digest measurement, struct str answer)
{
    struct book *b = self;

    (void)d, (void)measurement, (void)answer;
    b->keeps_n++;
    return ERR_OK;
}

static struct book
book_upto(
    int64_t questions_max, struct str bytes, const char *then, struct outcome *out)
{
    BUF_SCOPE(source);
    struct diag d = {0};
    struct book book = {0};
    struct run_port port = {&book, book_charge, book_keep};

    buf_init(&source, SOURCE_BYTES_MAX);
    put_line(&source, bytes, then, 1);
    struct order o = mock_order("run_book", buf_str(&source));
    o.lane = LANE_DP;
    o.limits.questions_max = questions_max;
    cr_assert_eq(runner_run(runner, &d, &o, &port, out), ERR_OK, "%s", d.text);
    fd_close_p(&o.mock_fd);
    return book;
}

static struct book
book_of(struct str bytes, struct outcome *out)
{
    return book_upto(20, bytes, "end", out);
}

#define COUNT "{\"ops\":[],\"measure\":{\"kind\":\"count\"},"

Test(broker, a_stranger_s_questions_are_policy_s_to_answer)
{
    static const struct {
        enum frame_type type;
        const char *plan;
        int charges;
    } cases[] = {
        {FRAME_RELEASE, COUNT "\"price\":{\"epsilon\":\"0.5\"}}", 1},
        {FRAME_EXPLAIN, COUNT "\"price\":{\"epsilon\":\"0.5\"}}", 0},
        {FRAME_EXACT, COUNT "\"exact\":true}", 0},   /* not in this lane */
        {FRAME_RELEASE, COUNT "\"exact\":true}", 0}, /* nor by another name */
        {FRAME_EXACT, COUNT "\"price\":{\"epsilon\":\"0.5\"}}", 0},
        {FRAME_RELEASE, COUNT "\"price\":{\"epsilon\":\"-0.5\"}}", 0},
        {FRAME_RELEASE, COUNT "\"price\":{}}", 0},
        {FRAME_RELEASE, "", 0},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        BUF_SCOPE(b);
        struct outcome out;
        buf_init(&b, 4096);
        put_frame(&b, cases[i].type, str_of(cases[i].plan));
        struct book book = book_of(buf_str(&b), &out);
        cr_expect_eq(book.charges_n, cases[i].charges, "%zu: %s", i, out.text);
        cr_expect_eq(book.keeps_n, cases[i].charges, "%zu", i);
        cr_expect_eq(out.kind, OUTCOME_SANDBOX_VIOLATION, "%zu: %s", i, out.text);
        outcome_release(&out);
    }
}

Test(broker, after_its_last_word_it_is_not_heard)
{
    BUF_SCOPE(b);
    struct outcome out;

    buf_init(&b, 4096);
    put_frame(&b, FRAME_DONE, STR("1"));
    put_frame(&b, FRAME_RELEASE, STR(COUNT "\"price\":{\"epsilon\":\"0.5\"}}"));
    put_frame(&b, FRAME_DONE, STR("2"));
    struct book book = book_of(buf_str(&b), &out);
    cr_expect_eq(out.kind, OUTCOME_OK, "%s", out.text);
    cr_expect_eq(book.charges_n, 0);
    char *text = mock_output(&out);
    cr_expect_str_eq(text, "1");
    free(text);
    outcome_release(&out);
}

/* Five different questions where three are allowed; the worker waits for its end. */
Test(broker, as_many_questions_as_the_policy_allows)
{
    BUF_SCOPE(b);
    struct outcome out;
    char plan[128];

    buf_init(&b, 4096);
    for (int i = 1; i <= 5; i++) {
        snprintf(plan, sizeof plan, COUNT "\"price\":{\"epsilon\":\"0.0%d\"}}", i);
        put_frame(&b, FRAME_RELEASE, str_of(plan));
    }
    put_frame(&b, FRAME_DONE, STR("1"));
    struct book book = book_upto(3, buf_str(&b), "stall", &out);
    cr_expect_eq(out.kind, OUTCOME_OK, "%s", out.text);
    cr_expect_eq(book.charges_n, 3);
    outcome_release(&out);
}

/* It says that policy ended it: so it was where one call of explain was too many. */
Test(broker, explaining_has_an_end)
{
    for (int calls = 16; calls <= 17; calls++) {
        BUF_SCOPE(b);
        struct outcome out;

        buf_init(&b, 4096);
        for (int i = 0; i < calls; i++)
            put_frame(&b, FRAME_EXPLAIN, STR(COUNT "\"price\":{\"epsilon\":\"0.5\"}}"));
        put_end(&b, LUABOX_POLICY, 1, STR("refused"));
        (void)book_upto(1, buf_str(&b), "stall", &out);
        cr_expect_eq(out.kind, calls > 16 ? OUTCOME_POLICY : OUTCOME_SCRIPT_ERROR,
            "%d: %s", calls, out.text);
        outcome_release(&out);
    }
}

/* ---- conversations at random ---- */

static uint64_t
step(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* What a conversation holds of each kind. */
struct said {
    int releases_n, dones_n;
};

static void
put_at_random(struct buf *b, uint64_t *state, struct said *said)
{
    static const char *const bodies[] = {"", "{}", "1", "null", "xxxxxxxx",
        COUNT "\"price\":{\"epsilon\":\"0.5\"}}",
        COUNT "\"price\":{\"epsilon\":\"0.25\"}}", COUNT "\"exact\":true}"};
    static const enum frame_type own[] = {FRAME_EXPLAIN, FRAME_RELEASE, FRAME_EXACT,
        FRAME_PRINT, FRAME_DONE, FRAME_ENDED};
    enum frame_type type = own[step(state) % ARRAY_N(own)];
    struct str body = str_of(bodies[step(state) % ARRAY_N(bodies)]);

    if (step(state) % 16 == 0)
        type = (enum frame_type)(1 + step(state) % (FRAME_TYPES_N - 1));
    if (body.len > frame_bytes_max(type))
        body.len = frame_bytes_max(type);
    put_frame(b, type, body);
    said->releases_n += type == FRAME_RELEASE;
    said->dones_n += type == FRAME_DONE;
}

/* Whatever the order: an output only by a DONE, a charge only by a RELEASE, an answer
 * only after its charge, and nothing breaks. */
Test(broker, no_conversation_gets_more_than_policy_gives)
{
    uint64_t state = 2026;

    for (int i = 0; i < 200; i++) {
        BUF_SCOPE(b);
        struct said said = {0};
        struct outcome out;
        buf_init(&b, 1 << 14);
        for (uint64_t n = 1 + step(&state) % 6; n > 0; n--)
            put_at_random(&b, &state, &said);
        if (step(&state) % 4 == 0)
            b.len -= step(&state) % 8;
        struct book book = book_of(buf_str(&b), &out);
        cr_expect_leq(book.charges_n, said.releases_n, "%d", i);
        cr_expect_eq(book.keeps_n, book.charges_n, "%d", i);
        cr_expect_neq(out.kind, OUTCOME_INTERNAL, "%d: %s", i, out.text);
        cr_expect((out.kind == OUTCOME_OK) == (out.output != NULL), "%d", i);
        cr_expect(out.output == NULL || said.dones_n > 0, "%d", i);
        outcome_release(&out);
    }
}

Test(broker, a_worker_that_goes_without_a_word_is_a_violation)
{
    char why[512];

    cr_expect_eq(kind_of(STR(""), "end", why), OUTCOME_SANDBOX_VIOLATION);
    cr_expect_eq(kind_of(STR(""), "fail", why), OUTCOME_SANDBOX_VIOLATION);
    cr_expect_not_null(strstr(why, "crashed"), "%s", why);
}

Test(broker, a_worker_that_stalls_runs_out_of_time)
{
    char why[512];
    int64_t began = clock_mono().us;

    cr_expect_eq(kind_of(STR(""), "stall", why), OUTCOME_TIMEOUT);
    /* half a head */
    cr_expect_eq(kind_of(STR("\5\0\0"), "stall", why), OUTCOME_TIMEOUT);
    cr_expect_lt(clock_mono().us - began, 8000000);
}

Test(broker, a_false_reason_is_only_a_script_error)
{
    BUF_SCOPE(b);
    char why[512];

    buf_init(&b, 1024);
    put_end(&b, LUABOX_BUDGET, 1, STR("no charge was refused"));
    cr_expect_eq(kind_of(buf_str(&b), "stall", why), OUTCOME_SCRIPT_ERROR);
    b.len = 0;
    put_end(&b, LUABOX_POLICY, 1, STR("nor anything denied"));
    cr_expect_eq(kind_of(buf_str(&b), "stall", why), OUTCOME_SCRIPT_ERROR);
}

Test(broker, a_worker_whose_jail_did_not_shut_is_not_used)
{
    char why[512];

    cr_expect_eq(kind_of_more(STR(""), "end", 1, 85, why), OUTCOME_INTERNAL);
    cr_expect_not_null(strstr(why, "landlock"), "%s", why);
    cr_expect_eq(kind_of_more(STR(""), "end", 1, 255, why), OUTCOME_INTERNAL);
}
