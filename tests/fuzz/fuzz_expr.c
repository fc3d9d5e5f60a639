/* fuzz_expr.c -- conditions of `where`: each is refused, or parts the rows in two: it
 * and its negation together keep every row once. */
#include "sandbox/engine/question.h"
#include "tests/fuzz/declared.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(const int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char declared[] =
    "{\"unit\":{\"column\":\"id\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"id\",\"type\":\"id\"},"
    "{\"name\":\"i\",\"type\":\"integer\",\"lower\":\"-9\",\"upper\":\"9\"},"
    "{\"name\":\"w\",\"type\":\"integer\"},"
    "{\"name\":\"d\",\"type\":\"decimal\",\"decimals\":2,\"lower\":\"0\",\"upper\":"
    "\"9\"},"
    "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"t\",\"type\":\"text\"},"
    "{\"name\":\"c\",\"type\":\"category\",\"categories\":[\"A\",\"B\"]},"
    "{\"name\":\"on\",\"type\":\"date\"}]}";
static const char rows[] = "id,i,w,d,b,t,c,on\n"
                           "1,3,4611686018427387903,2.50,true,x,A,2020-02-28\n"
                           "1,-9,-4611686018427387903,0,false,y,B,1970-01-01\n"
                           "2,,,,,,,\n"
                           "3,0,0,9,true,x,B,1999-12-31\n";
#define ROWS 4

/* How many rows a condition keeps; -1: it is refused. */
static int64_t
kept(struct arena *a, const struct question_context *context, const struct table *table,
    const char *condition)
{
    struct diag d = {0};
    struct question *q;
    BUF_SCOPE(text);
    json_auto_t *plan = json_pack("{s:[{s:s,s:s}],s:{s:s},s:b}", "ops", "op", "where",
        "expr", condition, "measure", "kind", "count", "exact", 1);
    json_auto_t *answer = NULL;

    buf_init(&text, 1 << 20);
    if (plan == NULL) /* not UTF-8 */
        return -1;
    CHECK(json_text(&d, plan, &text) == ERR_OK);
    if (question_parse(&d, a, context, buf_str(&text), &q) != ERR_OK)
        return -1;
    text.len = 0;
    CHECK(question_exact(&d, a, q, table, &text) == ERR_OK);
    CHECK(json_parse(&d, buf_str(&text), &answer) == ERR_OK);
    const json_t *value = json_object_get(answer, "value");
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
                                 : json_integer_value(value);
}

static void
check_halves(struct arena *a, const struct schema *s, const struct table *t,
    const char *condition)
{
    static const bool all[8] = {true, true, true, true, true, true, true, true};
    const struct question_context context = {.schema = s,
        .columns = all,
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = ROWS};
    const int64_t yes = kept(a, &context, t, condition);
    const int64_t no =
        yes == -1 ? -1 : kept(a, &context, t, arena_strf(a, "not (%s)", condition));

    CHECK(yes <= ROWS && no <= ROWS);
    CHECK(no == -1 || yes + no == ROWS); /* the longer text may be too deep */
}

/* The rows are loaded once: a condition changes nothing about them. */
static struct schema schema;
static struct table table;

int
LLVMFuzzerInitialize(const int *argc, char ***argv)
{
    (void)argc, (void)argv;
    declared_for_good(declared, STR(rows), &schema, &table);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPE(arena, 64 << 20);

    if (memchr(data, '\0', size) != NULL)
        return 0;
    check_halves(arena, &schema, &table, arena_strn(arena, (const char *)data, size));
    return 0;
}
