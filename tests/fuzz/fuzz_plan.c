/* fuzz_plan.c -- questions from a hostile worker: parsing, typing and pricing never crash,
 * and what they accept can be explained and answered. */
#include "sandbox/engine/question.h"
#include "sandbox/wire/rowport.h"
#include "tests/fuzz/declared.h"

int LLVMFuzzerInitialize(const int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char declared[] =
    "{\"unit\":{\"column\":\"id\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"id\",\"type\":\"id\"},"
    "{\"name\":\"los\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"30\"},"
    "{\"name\":\"bmi\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"10\",\"upper\":"
    "\"80\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\"],"
    "\"public_categories\":true},{\"name\":\"icd\",\"type\":\"text\"}]}";
static const char rows[] =
    "id,los,bmi,ward,icd\n1,3,20.5,A,x\n1,9,,B,y\n2,31,33.1,A,x\n";

/* Row programs give their default: what a jailed process does is not this fuzzer's. */
static enum err
check(void *self, struct diag *d, const struct row_program *p)
{
    (void)self, (void)d, (void)p;
    return ERR_OK;
}

static void
map(void *self, const struct row_program *p, const struct row_batch *in, int64_t *out)
{
    (void)self;
    for (size_t i = 0; i < in->n; i++)
        out[i] = p->fallback;
}

static void
open_block(void *self, const struct row_program *p)
{
    (void)self, (void)p;
}

static void
feed(void *self, const struct row_program *p, const struct row_batch *in)
{
    (void)self, (void)p, (void)in;
}

static int64_t
number(void *self, const struct row_program *p)
{
    (void)self;
    return p->fallback;
}

static enum err
value(void *self, struct diag *d, const struct row_program *p, struct buf *json)
{
    (void)self, (void)d, (void)p;
    buf_addz(json, "{\"value\":1}");
    return ERR_OK;
}

static const struct row_port port = {NULL, check, map, open_block, feed, number, value};

static struct schema schema;
static struct table table;
static struct rng *rng;

int
LLVMFuzzerInitialize(const int *argc, char ***argv)
{
    (void)argc, (void)argv;
    declared_for_good(declared, STR(rows), &schema, &table);
    rng = rng_new();
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool all[5] = {true, true, true, true, true};
    const struct question_context context = {.schema = &schema,
        .columns = all,
        .lane = LANE_ROWS,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = 100,
        .rows = &port};
    struct diag d = {0};
    struct question *q;
    ARENA_SCOPE(arena, 64 << 20);
    BUF_SCOPE(text);

    buf_init(&text, 16 << 20);
    if (question_parse(
            &d, arena, &context, (struct str){(const char *)data, size}, &q) != ERR_OK)
        return 0;
    CHECK(question_explain(&d, q, &text) == ERR_OK);
    if (question_is_exact(q))
        (void)!question_exact(&d, arena, q, &table, &text);
    else
        (void)!question_answer(&d, arena, q, &table, rng, &text);
    return 0;
}
