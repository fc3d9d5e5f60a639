/* policy_test.c -- every rule of a policy document refuses what breaks it. */
#include "policies/policy.h"

#include "datasite/base/arena.h"
#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/limits.h"

#include <criterion/criterion.h>
#include <stdio.h>
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

TestSuite(policy, .init = open_arena, .fini = close_arena);

static enum err
parse(const char *text, struct policy *out, struct diag *d)
{
    json_t *doc = NULL;

    *d = (struct diag){0};
    enum err e = json_parse(d, str_of(text), &doc);

    if (e == ERR_OK)
        e = policy_parse(d, arena, doc, out);
    json_decref(doc);
    return e;
}

Test(policy, dp_only_releases_noise_and_nothing_else)
{
    struct diag d = {0};
    struct policy p;
    json_t *doc;

    cr_assert_eq(policy_pack(&d, STR("dp-only"), &doc), ERR_OK);
    cr_assert_eq(policy_parse(&d, arena, doc, &p), ERR_OK, "%s", d.text);
    cr_expect(p.lane_allowed[LANE_DP]);
    cr_expect(!p.lane_allowed[LANE_EXACT]);
    cr_expect(!p.lane_allowed[LANE_ROWS]);
    cr_expect_eq(p.release[LANE_DP], RELEASE_AUTO);
    cr_expect_eq(p.approvals, 1);
    json_decref(doc);
}

Test(policy, open_review_holds_what_is_exact)
{
    struct diag d = {0};
    struct policy p;
    json_t *doc;

    cr_assert_eq(policy_pack(&d, STR("open-review"), &doc), ERR_OK);
    cr_assert_eq(policy_parse(&d, arena, doc, &p), ERR_OK, "%s", d.text);
    cr_expect(p.lane_allowed[LANE_DP] && p.lane_allowed[LANE_EXACT] &&
        p.lane_allowed[LANE_ROWS]);
    cr_expect_eq(p.release[LANE_DP], RELEASE_AUTO);
    cr_expect_eq(p.release[LANE_EXACT], RELEASE_HELD);
    cr_expect_eq(p.release[LANE_ROWS], RELEASE_HELD);
    json_decref(doc);
}

/* A pack's minimum of persons in a cell is that behind an unknown key. */
Test(policy, packs_ask_for_persons_behind_a_key)
{
    static const struct {
        const char *pack;
        int64_t least;
    } row[] = {{"acro-uk", 10}, {"datashield", 3}, {"opensafely", 8}, {"dp-only", 0}};

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        struct diag d = {0};
        struct policy p;
        json_t *doc;

        cr_assert_eq(policy_pack(&d, str_of(row[i].pack), &doc), ERR_OK);
        cr_assert_eq(policy_parse(&d, arena, doc, &p), ERR_OK, "%s", d.text);
        cr_expect_eq(p.key_persons_min, row[i].least, "%s", row[i].pack);
        json_decref(doc);
    }
}

Test(policy, every_pack_parses_and_has_its_own_name)
{
    cr_expect_gt(policy_packs_n(), 1);
    for (size_t i = 0; i < policy_packs_n(); i++) {
        struct diag d = {0};
        struct policy p;
        json_t *doc;

        cr_assert_eq(policy_pack(&d, str_of(policy_pack_name(i)), &doc), ERR_OK);
        cr_expect_eq(policy_parse(&d, arena, doc, &p), ERR_OK, "%s", d.text);
        cr_expect_str_eq(p.name, policy_pack_name(i));
        json_decref(doc);
    }
}

Test(policy, every_file_of_the_folder_is_offered)
{
    size_t files = 0;

    for (size_t i = 0; i < embedded_n; i++)
        files += strncmp(embedded[i].path, "policies/packs/", 15) == 0;
    cr_expect_eq(files, policy_packs_n());
}

Test(policy, an_unknown_pack_is_not_found)
{
    struct diag d = {0};
    json_t *doc;

    cr_expect_eq(policy_pack(&d, STR("dp-onl"), &doc), ERR_NOT_FOUND);
    cr_expect_eq(policy_pack(&d, STR("../dp-only"), &doc), ERR_NOT_FOUND);
    cr_expect_eq(policy_pack(&d, STR(""), &doc), ERR_NOT_FOUND);
}

Test(policy, defaults_fill_what_is_left_out)
{
    struct diag d;
    struct policy p;

    cr_assert_eq(parse("{\"name\":\"a\",\"title\":\"A\",\"lanes\":{\"dp\":{\"release\":"
                       "\"held\"}}}",
                     &p, &d),
        ERR_OK, "%s", d.text);
    cr_expect_eq(p.release[LANE_DP], RELEASE_HELD);
    cr_expect_eq(p.approvals, 1);
    cr_expect_eq(p.time_slot_s, 0);
    cr_expect_eq(p.questions_max, RUN_QUESTIONS_DEFAULT);
    cr_expect_eq(p.cpu_ms_max, RUN_CPU_MS_DEFAULT);
    cr_expect_eq(p.wall_ms_max, RUN_WALL_MS_DEFAULT);
    cr_expect_eq(p.memory_bytes_max, RUN_MEMORY_BYTES_DEFAULT);
    cr_expect_eq(p.output_bytes_max, RUN_OUTPUT_BYTES_DEFAULT);
}

#define HEAD "{\"name\":\"a\",\"title\":\"A\","
#define DP   "\"lanes\":{\"dp\":{\"release\":\"auto\"}}"

Test(policy, documents_that_break_a_rule_are_refused_by_name)
{
    static const struct {
        const char *text, *field;
    } row[] = {
        {"{}", "/name"},
        {"{\"name\":\"A b\",\"title\":\"A\"," DP "}", "/name"},
        {"{\"name\":\"\",\"title\":\"A\"," DP "}", "/name"},
        {"{\"name\":\"a\",\"title\":\"\"," DP "}", "/title"},
        {HEAD "\"lanes\":{}}", "/lanes"},
        {HEAD "\"lanes\":{\"dp\":{\"release\":\"maybe\"}}}", "/lanes/dp/release"},
        {HEAD "\"lanes\":{\"exact\":{\"release\":\"auto\"}}}", "/lanes/exact/release"},
        {HEAD "\"lanes\":{\"rows\":{\"release\":\"auto\"}}}", "/lanes/rows/release"},
        {HEAD "\"lanes\":{\"raw\":{\"release\":\"held\"}}}", "/lanes/raw"},
        {HEAD DP ",\"approvals\":0}", "/approvals"},
        {HEAD DP ",\"approvals\":10}", "/approvals"},
        {HEAD DP ",\"approvals\":\"1\"}", "/approvals"},
        {HEAD DP ",\"time_slot_s\":-1}", "/time_slot_s"},
        {HEAD DP ",\"limits\":{\"questions\":0}}", "/limits/questions"},
        {HEAD DP ",\"limits\":{\"output_bytes\":0}}", "/limits/output_bytes"},
        {HEAD DP ",\"limits\":{\"cpu_ms\":-5}}", "/limits/cpu_ms"},
        {HEAD DP ",\"limits\":{\"wall_ms\":0}}", "/limits/wall_ms"},
        {HEAD DP ",\"limits\":{\"memory_bytes\":1}}", "/limits/memory_bytes"},
        {HEAD DP ",\"limits\":{\"rows\":1}}", "/limits/rows"},
        {HEAD DP ",\"unknown_keys\":{\"persons_min\":-1}}",
            "/unknown_keys/persons_min"},
        {HEAD DP ",\"unknown_keys\":{\"rows_min\":1}}", "/unknown_keys/rows_min"},
        {HEAD DP ",\"more\":1}", "/more"},
        {HEAD DP ",\"blind\":1}", "/blind"},
        {HEAD DP ",\"input\":{\"purposes\":[]}}", "/input/purposes"},
        {HEAD DP ",\"input\":{\"purposes\":\"a\"}}", "/input/purposes"},
        {HEAD DP ",\"input\":{\"purposes\":[\"\"]}}", "/input/purposes"},
        {HEAD DP ",\"input\":{\"purposes\":[1]}}", "/input/purposes"},
        {HEAD DP ",\"input\":{\"purposes\":[\"a\",\"a\"]}}", "/input/purposes"},
        {HEAD DP ",\"input\":{\"columns\":{\"allow\":[]}}}", "/input/columns"},
        {HEAD DP ",\"input\":{\"columns\":{\"allow\":[\"a\"],\"forbid\":[\"b\"]}}}",
            "/input/columns"},
        {HEAD DP ",\"input\":{\"columns\":{\"deny\":[\"a\"]}}}", "/input/columns/deny"},
        {HEAD DP ",\"input\":{\"expires\":\"2027-02-30\"}}", "/input/expires"},
        {HEAD DP ",\"input\":{\"expires\":\"soon\"}}", "/input/expires"},
        {HEAD DP ",\"input\":{\"source_bytes\":0}}", "/input/source_bytes"},
        {HEAD DP ",\"input\":{\"source_bytes\":65537}}", "/input/source_bytes"},
        {HEAD DP ",\"input\":{\"who\":1}}", "/input/who"},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        struct diag d;
        struct policy p;

        cr_expect_eq(parse(row[i].text, &p, &d), ERR_INVALID, "%s", row[i].text);
        cr_expect_str_eq(d.field, row[i].field, "%s gave %s", row[i].text, d.field);
    }
}

Test(policy, lanes_have_names_both_ways)
{
    enum lane l;

    for (int i = LANE_DP; i <= LANE_ROWS; i++) {
        cr_assert(lane_parse(str_of(lane_name((enum lane)i)), &l));
        cr_expect_eq((int)l, i);
    }
    cr_expect(!lane_parse(STR("DP"), &l));
    cr_expect(!lane_parse(STR(""), &l));
}

Test(policy, lanes_and_sources_are_limited)
{
    struct diag d;
    struct policy p;

    cr_assert_eq(parse(HEAD DP ",\"input\":{\"source_bytes\":1000}}", &p, &d), ERR_OK,
        "%s", d.text);
    cr_expect(policy_lane_ok(&p, LANE_DP));
    cr_expect(!policy_lane_ok(&p, LANE_EXACT));
    cr_expect(!policy_lane_ok(&p, LANE_ROWS));
    cr_expect(policy_source_ok(&p, 1000));
    cr_expect(!policy_source_ok(&p, 1001));
}

Test(policy, a_purpose_begins_with_a_named_one)
{
    struct diag d;
    struct policy p;

    cr_assert_eq(
        parse(HEAD DP ",\"input\":{\"purposes\":[\"Public health\"]}}", &p, &d), ERR_OK,
        "%s", d.text);
    cr_expect(policy_purpose_ok(&p, "Public health"));
    cr_expect(policy_purpose_ok(&p, "public HEALTH: falls on wards"));
    cr_expect(!policy_purpose_ok(&p, "Public healthcare"));
    cr_expect(!policy_purpose_ok(&p, "For public health"));
    cr_expect(!policy_purpose_ok(&p, ""));
    cr_assert_eq(parse(HEAD DP "}", &p, &d), ERR_OK);
    cr_expect(policy_purpose_ok(&p, "anything"));
}

Test(policy, columns_are_allowed_or_forbidden)
{
    struct diag d;
    struct policy p;

    cr_assert_eq(
        parse(HEAD DP ",\"input\":{\"columns\":{\"allow\":[\"a\"]}}}", &p, &d), ERR_OK);
    cr_expect(policy_column_ok(&p, "a"));
    cr_expect(!policy_column_ok(&p, "b"));
    cr_assert_eq(
        parse(HEAD DP ",\"input\":{\"columns\":{\"forbid\":[\"a\"]}}}", &p, &d),
        ERR_OK);
    cr_expect(!policy_column_ok(&p, "a"));
    cr_expect(policy_column_ok(&p, "b"));
    cr_assert_eq(parse(HEAD DP "}", &p, &d), ERR_OK);
    cr_expect(policy_column_ok(&p, "a"));
}

Test(policy, the_last_day_is_one_of_access)
{
    struct diag d;
    struct policy p;

    cr_assert_eq(
        parse(HEAD DP ",\"input\":{\"expires\":\"1970-01-11\"}}", &p, &d), ERR_OK);
    cr_expect(policy_day_ok(&p, 10));
    cr_expect(!policy_day_ok(&p, 11));
    cr_assert_eq(parse(HEAD DP "}", &p, &d), ERR_OK);
    cr_expect(policy_day_ok(&p, INT64_MAX));
}

/* The ids of a policy's sentences between spaces. */
static void
words_ids(const struct policy *p, char out[2048])
{
    json_auto_t *words = policy_words(p);
    json_t *one;
    size_t i, n = (size_t)snprintf(out, 2048, " ");

    json_array_foreach(words, i, one)
    {
        const char *text = json_string_value(json_object_get(one, "text"));
        cr_expect(text != NULL && text[strlen(text) - 1] == '.', "%s", text);
        cr_expect(json_is_object(json_object_get(one, "params")));
        char id[80];
        snprintf(id, sizeof id, " %s ", json_string_value(json_object_get(one, "id")));
        cr_expect(strcmp(id, " lane.closed ") == 0 || strstr(out, id) == NULL,
            "%s twice", id);
        n += (size_t)snprintf(out + n, 2048 - n, "%s", id + 1);
    }
}

Test(policy, is_said_in_words)
{
    struct diag d;
    struct policy p;
    char ids[2048];

    cr_assert_eq(parse(HEAD DP "}", &p, &d), ERR_OK);
    words_ids(&p, ids);
    cr_expect_str_eq(ids,
        " input.source_bytes lane.auto lane.closed lane.closed approvals.blind "
        "limits ");
    cr_assert_eq(
        parse(HEAD "\"lanes\":{\"exact\":{\"release\":\"held\"}},\"blind\":false,"
                   "\"approval_days\":3,\"time_slot_s\":60,"
                   "\"unknown_keys\":{\"persons_min\":5},"
                   "\"input\":{\"purposes\":[\"a\"],\"columns\":{\"forbid\":[\"b\"]},"
                   "\"expires\":\"2027-01-31\"},\"output\":{\"suppress\":true,"
                   "\"rounding\":5}}",
            &p, &d),
        ERR_OK, "%s", d.text);
    words_ids(&p, ids);
    static const char *const said[] = {"input.purposes", "input.columns_forbidden",
        "input.expires", "lane.held", "approvals.open", "approval_days", "time_slot",
        "unknown_keys", "output.persons_min", "output.suppress", "output.rounding",
        "output.values_max", "output.bits_max", "output.exceptions_free"};

    for (size_t i = 0; i < ARRAY_N(said); i++)
        cr_expect(strstr(ids, said[i]) != NULL, "%s", said[i]);
}
