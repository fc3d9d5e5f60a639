/* schema_test.c -- the schema document: what is taken, what is refused, mocks, guesses. */
#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "policies/mockgen.h"
#include "policies/schema.h"
#include "policies/schema_value.h"
#include "policies/suggest.h"

#include <criterion/criterion.h>
#include <string.h>

static struct arena *arena;

static void
open_arena(void)
{
    arena = arena_new(1 << 24);
}

static void
close_arena(void)
{
    arena_free(arena);
}

TestSuite(schema, .init = open_arena, .fini = close_arena);

static enum err
parse(const char *text, struct schema *out, struct diag *d)
{
    json_auto_t *doc = NULL;

    *d = (struct diag){0};
    cr_assert_eq(json_parse(d, str_of(text), &doc), ERR_OK, "%s: %s", text, d->text);
    return schema_parse(d, arena, doc, out);
}

static const char example[] =
    "{\"unit\": {\"column\": \"patient_nbr\", \"max_rows\": 3},"
    " \"columns\": ["
    "  {\"name\": \"patient_nbr\", \"type\": \"id\"},"
    "  {\"name\": \"age\", \"type\": \"integer\", \"lower\": \"0\", \"upper\": \"120\","
    "   \"nullable\": false, \"sensitivity\": \"quasi\"},"
    "  {\"name\": \"bmi\", \"type\": \"decimal\", \"decimals\": 1, \"lower\": \"10\","
    "   \"upper\": \"80\"},"
    "  {\"name\": \"ward\", \"type\": \"category\", \"categories\": "
    "[\"A\",\"B\",\"C\"],"
    "   \"public_categories\": true},"
    "  {\"name\": \"admitted\", \"type\": \"date\"}, {\"name\": \"icd10\", \"type\": "
    "\"text\"},"
    "  {\"name\": \"died\", \"type\": \"boolean\"}]}";

Test(schema, the_example_of_the_contract)
{
    struct schema s;
    struct diag d;

    cr_assert_eq(parse(example, &s, &d), ERR_OK, "%s %s", d.field, d.text);
    cr_expect_eq(s.columns_n, 7);
    cr_expect_eq(s.unit_column, 0);
    cr_expect_eq(s.unit_rows_max, 3);
    cr_expect_not(s.columns[0].nullable);
    cr_expect_not(s.columns[1].nullable);
    cr_expect(s.columns[2].nullable);
    cr_expect_eq(s.columns[2].lower, 100);
    cr_expect_eq(s.columns[2].upper, 800);
    cr_expect(s.columns[3].public_categories);
    cr_expect_str_eq(s.columns[3].categories[2], "C");
    cr_expect_not(s.columns[4].bounded);
    cr_expect_str_eq(s.columns[1].sensitivity, "quasi");
    cr_expect_eq(schema_find(&s, STR("died")), &s.columns[6]);
    cr_expect_null(schema_find(&s, STR("Died")));
}

/* A clamped number would make one person of two. */
Test(schema, a_unit_has_no_bounds)
{
    struct schema s;
    struct diag d;

    cr_assert_eq(parse("{\"unit\":{\"column\":\"nr\",\"max_rows\":3},\"columns\":["
                       "{\"name\":\"nr\",\"type\":\"integer\",\"lower\":\"1\","
                       "\"upper\":\"9\"}]}",
                     &s, &d),
        ERR_OK, "%s", d.text);
    cr_expect_not(s.columns[0].bounded);
    cr_expect_eq(s.columns[0].upper, 0);
}

Test(schema, the_document_comes_back)
{
    struct schema s, again;
    struct diag d;

    cr_assert_eq(parse(example, &s, &d), ERR_OK);
    json_auto_t *first = schema_json(&s);
    cr_assert_not_null(first);
    cr_assert_eq(
        schema_parse(&d, arena, first, &again), ERR_OK, "%s %s", d.field, d.text);
    json_auto_t *second = schema_json(&again);
    cr_expect(json_equal(first, second));
    cr_expect_str_eq(
        json_string_value(json_object_get(
            json_array_get(json_object_get(first, "columns"), 2), "lower")),
        "10");
}

Test(schema, what_is_wrong_is_refused_and_named)
{
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"[]", ""},
        {"{}", "/columns"},
        {"{\"columns\":[]}", "/columns"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\"}],\"x\":1}", "/x"},
        {"{\"columns\":[7]}", "/columns/0"},
        {"{\"columns\":[{\"type\":\"text\"}]}", "/columns/0/name"},
        {"{\"columns\":[{\"name\":\"\",\"type\":\"text\"}]}", "/columns/0/name"},
        {"{\"columns\":[{\"name\":\"a\\nb\",\"type\":\"text\"}]}", "/columns/0/name"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"float\"}]}", "/columns/0/type"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\"},{\"name\":\"a\",\"type\":"
         "\"id\"}]}",
            "/columns/1/name"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"typo\":1}]}",
            "/columns/0/typo"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"lower\":\"1\"}]}",
            "/columns/0/lower"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"integer\",\"lower\":\"1\"}]}",
            "/columns/0/upper"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"integer\",\"lower\":\"1\",\"upper\":"
         "\"0\"}]}",
            "/columns/0/upper"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"integer\",\"lower\":\"1.5\","
         "\"upper\":\"2\"}]}",
            "/columns/0/lower"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"integer\",\"lower\":0.5,\"upper\":"
         "\"2\"}]}",
            "/columns/0/lower"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"decimal\"}]}",
            "/columns/0/decimals"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"decimal\",\"decimals\":10}]}",
            "/columns/0/decimals"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"category\"}]}",
            "/columns/0/categories"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"category\",\"categories\":[]}]}",
            "/columns/0/categories"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"category\",\"categories\":[\"x\","
         "\"x\"]}]}",
            "/columns/0/categories"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"nullable\":1}]}",
            "/columns/0/nullable"},
        {"{\"columns\":[{\"name\":\"a\",\"type\":\"text\",\"sensitivity\":\"high\"}]}",
            "/columns/0/sensitivity"},
        {"{\"unit\":7,\"columns\":[{\"name\":\"a\",\"type\":\"text\"}]}", "/unit"},
        {"{\"unit\":{\"column\":\"a\"},\"columns\":[{\"name\":\"a\",\"type\":\"text\"}]"
         "}",
            "/unit"},
        {"{\"unit\":{\"column\":\"b\",\"max_rows\":1},\"columns\":[{\"name\":\"a\","
         "\"type\":\"text\"}]}",
            "/unit/column"},
        {"{\"unit\":{\"column\":\"a\",\"max_rows\":0},\"columns\":[{\"name\":\"a\","
         "\"type\":\"text\"}]}",
            "/unit/max_rows"},
        {"{\"unit\":{\"column\":\"a\",\"max_rows\":1},\"columns\":[{\"name\":\"a\","
         "\"type\":\"text\",\"nullable\":true}]}",
            "/unit/column"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schema s;
        struct diag d;
        cr_expect_eq(parse(cases[i].text, &s, &d), ERR_INVALID, "%s", cases[i].text);
        cr_expect_str_eq(d.field, cases[i].field, "%s: %s", cases[i].text, d.field);
        cr_expect_str_neq(d.text, "");
    }
}

Test(schema, dates_go_there_and_back)
{
    char text[32];
    int64_t days;

    cr_assert(date_parse(STR("1970-01-01"), &days));
    cr_expect_eq(days, 0);
    cr_assert(date_parse(STR("2000-03-01"), &days));
    cr_expect_eq(days, 11017);
    for (int64_t day = -719162; day <= 2932896; day += 13) {
        int64_t back;
        cr_assert(date_parse(str_of(date_text(day, text)), &back), "%s", text);
        cr_assert_eq(back, day, "%s", text);
    }
    cr_expect_not(date_parse(STR("2001-02-29"), &days));
    cr_expect_not(date_parse(STR("2001-13-01"), &days));
    cr_expect_not(date_parse(STR("2001-00-10"), &days));
    cr_expect_not(date_parse(STR("20011-0-10"), &days));
}

Test(schema, mocks_come_from_the_seed_alone)
{
    struct schema s;
    struct diag d;
    BUF_SCOPE(a);
    BUF_SCOPE(b);
    BUF_SCOPE(other);

    cr_assert_eq(parse(example, &s, &d), ERR_OK);
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    buf_init(&other, 1 << 20);
    cr_assert_eq(schema_mock_csv(&d, &s, 500, 7, &a), ERR_OK);
    cr_assert_eq(schema_mock_csv(&d, &s, 500, 7, &b), ERR_OK);
    cr_assert_eq(schema_mock_csv(&d, &s, 500, 8, &other), ERR_OK);
    cr_expect(str_eq(buf_str(&a), buf_str(&b)));
    cr_expect_not(str_eq(buf_str(&a), buf_str(&other)));
    size_t lines = 0;
    for (size_t i = 0; i < a.len; i++)
        lines += a.ptr[i] == '\n';
    cr_expect_eq(lines, 501);
    cr_expect(str_starts(
        buf_str(&a), STR("patient_nbr,age,bmi,ward,admitted,icd10,died\nu0000001,")));
}

Test(schema, a_mock_too_large_is_refused)
{
    struct schema s;
    struct diag d;
    BUF_SCOPE(b);

    cr_assert_eq(parse(example, &s, &d), ERR_OK);
    buf_init(&b, 1000);
    cr_expect_eq(schema_mock_csv(&d, &s, 500, 7, &b), ERR_TOO_LARGE);
}

Test(schema, suggestions_are_schemas)
{
    static const char csv[] = "patient_id,age,weight,sex,seen,smoker,note,empty\n"
                              "a1,31,70.5,f,2020-01-01,true,x,\n"
                              "a2,77,102.25,m,2020-02-01,false,y,\n"
                              "a3,,81,f,2021-02-01,true,z,\n";
    static const struct {
        const char *name, *type, *lower, *upper;
    } wants[] = {
        {"patient_id", "category", NULL, NULL}, /* three texts are few enough */
        {"age", "integer", "0", "100"},
        {"weight", "decimal", "0", "200"},
        {"sex", "category", NULL, NULL},
        {"seen", "date", NULL, NULL},
        {"smoker", "boolean", NULL, NULL},
        {"note", "category", NULL, NULL},
        {"empty", "text", NULL, NULL},
    };
    struct schema s;
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(schema_suggest(&d, STR(csv), &doc), ERR_OK, "%s", d.text);
    cr_assert_eq(schema_parse(&d, arena, doc, &s), ERR_OK, "%s %s", d.field, d.text);
    json_t *columns = json_object_get(doc, "columns");
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        json_t *c = json_array_get(columns, i);
        const char *lower = json_string_value(json_object_get(c, "lower"));
        cr_expect_str_eq(json_string_value(json_object_get(c, "name")), wants[i].name);
        cr_expect_str_eq(json_string_value(json_object_get(c, "type")), wants[i].type,
            "%s: %s", wants[i].name, json_string_value(json_object_get(c, "type")));
        cr_expect_eq(lower == NULL, wants[i].lower == NULL);
        if (lower != NULL && wants[i].lower != NULL) {
            cr_expect_str_eq(lower, wants[i].lower);
            cr_expect_str_eq(
                json_string_value(json_object_get(c, "upper")), wants[i].upper);
        }
    }
    cr_expect(s.columns[1].nullable);
    cr_expect_not(s.columns[2].nullable);
}

Test(schema, suggestions_refuse_broken_text)
{
    static const char *const texts[] = {
        "", "a,b\n1\n", "a,b\n1,2,3\n", "a\n\"x\n", "a,\n1,2\n"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct diag d = {0};
        json_t *doc = NULL;
        cr_expect_eq(schema_suggest(&d, str_of(texts[i]), &doc), ERR_UNPROCESSABLE,
            "%s", texts[i]);
        cr_expect_null(doc);
    }
}
