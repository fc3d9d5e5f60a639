/* fuzz_plan.c -- questions from a hostile worker: parsing, typing and pricing never crash,
 * and what they accept can be explained and answered. */
#include "sandbox/question.h"
#include "tests/fuzz/declared.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool all[5] = {true, true, true, true, true};
    struct diag d = {0};
    struct schema schema;
    struct table table;
    struct csv_report report;
    struct question *q;
    struct rng *rng;
    ARENA_SCOPE(arena, 64 << 20);
    BUF_SCOPE(text);

    buf_init(&text, 16 << 20);
    declared_schema(arena, declared, &schema);
    const struct question_context context = {.schema = &schema,
        .columns = all,
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = 100};
    if (question_parse(
            &d, arena, &context, (struct str){(const char *)data, size}, &q) != ERR_OK)
        return 0;
    CHECK(question_explain(&d, q, &text) == ERR_OK);
    CHECK(declared_table(&schema, STR(rows), &table, &report) == ERR_OK);
    rng = rng_new();
    if (question_is_exact(q))
        (void)!question_exact(&d, arena, q, &table, &text);
    else
        (void)!question_answer(&d, arena, q, &table, rng, &text);
    rng_free(rng);
    table_release(&table);
    return 0;
}
