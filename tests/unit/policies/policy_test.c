/* policy_test.c -- every rule of a policy document refuses what breaks it. */
#include "policies/policy.h"

#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/limits.h"

#include <criterion/criterion.h>
#include <string.h>

static enum err
parse(const char *text, struct policy *out, struct diag *d)
{
    json_t *doc = NULL;

    *d = (struct diag){0};
    enum err e = json_parse(d, str_of(text), &doc);

    if (e == ERR_OK)
        e = policy_parse(d, doc, out);
    json_decref(doc);
    return e;
}

Test(policy, dp_only_releases_noise_and_nothing_else)
{
    struct diag d = {0};
    struct policy p;
    json_t *doc;

    cr_assert_eq(policy_pack(&d, STR("dp-only"), &doc), ERR_OK);
    cr_assert_eq(policy_parse(&d, doc, &p), ERR_OK, "%s", d.text);
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
    cr_assert_eq(policy_parse(&d, doc, &p), ERR_OK, "%s", d.text);
    cr_expect(p.lane_allowed[LANE_DP] && p.lane_allowed[LANE_EXACT] &&
        p.lane_allowed[LANE_ROWS]);
    cr_expect_eq(p.release[LANE_DP], RELEASE_AUTO);
    cr_expect_eq(p.release[LANE_EXACT], RELEASE_HELD);
    cr_expect_eq(p.release[LANE_ROWS], RELEASE_HELD);
    json_decref(doc);
}

Test(policy, every_pack_parses_and_has_its_own_name)
{
    cr_expect_gt(policy_packs_n(), 1);
    for (size_t i = 0; i < policy_packs_n(); i++) {
        struct diag d = {0};
        struct policy p;
        json_t *doc;

        cr_assert_eq(policy_pack(&d, str_of(policy_pack_name(i)), &doc), ERR_OK);
        cr_expect_eq(policy_parse(&d, doc, &p), ERR_OK, "%s", d.text);
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
        {HEAD DP ",\"more\":1}", "/more"},
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
