/* policy.c -- reads policy documents and finds the shipped ones. */
#include "policies/policy.h"

#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/limits.h"

#include <stdio.h>
#include <string.h>

#define PACK_PATH "policies/packs/%s.json"

/* Every file of policies/packs, in the order in which they are offered. */
static const char *const packs[] = {
    "dp-only", "open-review", "acro-uk", "datashield", "opensafely"};

static const char *const lane_names[] = {
    [LANE_DP] = "dp",
    [LANE_EXACT] = "exact",
    [LANE_ROWS] = "rows",
};

const char *
lane_name(enum lane l)
{
    CHECK((size_t)l < ARRAY_N(lane_names));
    return lane_names[l];
}

bool
lane_parse(struct str s, enum lane *out)
{
    for (size_t i = 0; i < ARRAY_N(lane_names); i++) {
        if (str_eq(s, str_of(lane_names[i]))) {
            *out = (enum lane)i;
            return true;
        }
    }
    return false;
}

/* Lower-case letters, digits and hyphens, starting with a letter. */
static bool
name_ok(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_BYTES_MAX && name[0] >= 'a' && name[0] <= 'z' &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* An integer member, where it stands in the document and what it may be. */
struct member {
    const char *pointer;
    int64_t value, least, most;
};

static enum err
members_check(struct diag *d, const struct member *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (m[i].value < m[i].least || m[i].value > m[i].most) {
            return FAIL_FIELD(d, ERR_INVALID, m[i].pointer,
                "%s must be from %lld to %lld", m[i].pointer, (long long)m[i].least,
                (long long)m[i].most);
        }
    }
    return ERR_OK;
}

/* release: by enum lane, NULL where the lane is not in the document. */
static enum err
lanes_take(struct diag *d, const char *const release[3], struct policy *out)
{
    bool any = false;

    for (size_t i = 0; i < ARRAY_N(lane_names); i++) {
        char pointer[32];

        if (release[i] == NULL)
            continue;
        snprintf(pointer, sizeof pointer, "/lanes/%s/release", lane_names[i]);
        bool is_auto = strcmp(release[i], "auto") == 0;

        if (!is_auto && strcmp(release[i], "held") != 0) {
            return FAIL_FIELD(
                d, ERR_INVALID, pointer, "release is \"auto\" or \"held\"");
        }
        if (is_auto && i != LANE_DP) {
            return FAIL_FIELD(d, ERR_INVALID, pointer,
                "only lane dp may be released without a second gate");
        }
        out->lane_allowed[i] = any = true;
        out->release[i] = is_auto ? RELEASE_AUTO : RELEASE_HELD;
    }
    if (!any) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/lanes", "a policy allows at least one lane");
    }
    return ERR_OK;
}

static enum err
text_take(struct diag *d, const char *name, const char *title, struct policy *out)
{
    if (!name_ok(name)) {
        return FAIL_FIELD(d, ERR_INVALID, "/name",
            "a policy's name is lower-case letters, digits and hyphens");
    }
    if (title[0] == '\0' || strlen(title) >= sizeof out->title) {
        return FAIL_FIELD(d, ERR_INVALID, "/title", "a title has 1 to %zu bytes",
            sizeof out->title - 1);
    }
    snprintf(out->name, sizeof out->name, "%s", name);
    snprintf(out->title, sizeof out->title, "%s", title);
    return ERR_OK;
}

enum err
policy_parse(struct diag *d, json_t *doc, struct policy *out)
{
    const char *name, *title, *description = "", *release[3] = {NULL, NULL, NULL};
    json_int_t approvals = 1, days = 0, slot = 0, questions = RUN_QUESTIONS_DEFAULT;
    json_int_t output = RUN_OUTPUT_BYTES_DEFAULT, cpu = RUN_CPU_MS_DEFAULT;
    json_int_t wall = RUN_WALL_MS_DEFAULT, memory = RUN_MEMORY_BYTES_DEFAULT;

    json_t *rules = NULL;

    *out = (struct policy){.output = sdc_limits_default()};
    TRY(json_take(d, doc,
        "{s:s, s:s, s?s, s:{s?{s:s!}, s?{s:s!}, s?{s:s!} !}, s?I, s?I, s?I,"
        " s?{s?I, s?I, s?I, s?I, s?I !}, s?o !}",
        "name", &name, "title", &title, "description", &description, "lanes", "dp",
        "release", &release[LANE_DP], "exact", "release", &release[LANE_EXACT], "rows",
        "release", &release[LANE_ROWS], "approvals", &approvals, "approval_days", &days,
        "time_slot_s", &slot, "limits", "questions", &questions, "output_bytes",
        &output, "cpu_ms", &cpu, "wall_ms", &wall, "memory_bytes", &memory, "output",
        &rules));
    if (rules != NULL)
        TRY(sdc_limits_parse(d, rules, &out->output));
    const struct member members[] = {
        {"/approvals", approvals, 1, 9},
        {"/approval_days", days, 0, 3650},
        {"/time_slot_s", slot, 0, 86400},
        {"/limits/questions", questions, 1, 1000000},
        {"/limits/output_bytes", output, 1, FRAME_BYTES_MAX / 2},
        {"/limits/cpu_ms", cpu, 1, 86400000},
        {"/limits/wall_ms", wall, 1, 86400000},
        {"/limits/memory_bytes", memory, 1 << 20, INT64_C(1) << 36},
    };

    TRY(text_take(d, name, title, out));
    TRY(lanes_take(d, release, out));
    TRY(members_check(d, members, ARRAY_N(members)));
    out->approvals = (int)approvals;
    out->approval_days = days;
    out->time_slot_s = slot;
    out->questions_max = questions;
    out->output_bytes_max = output;
    out->cpu_ms_max = cpu;
    out->wall_ms_max = wall;
    out->memory_bytes_max = memory;
    return ERR_OK;
}

size_t
policy_packs_n(void)
{
    return ARRAY_N(packs);
}

const char *
policy_pack_name(size_t i)
{
    CHECK(i < ARRAY_N(packs));
    return packs[i];
}

static const struct embedded *
embedded_find(const char *path)
{
    for (size_t i = 0; i < embedded_n; i++) {
        if (strcmp(embedded[i].path, path) == 0)
            return &embedded[i];
    }
    return NULL;
}

enum err
policy_pack(struct diag *d, struct str name, json_t **doc)
{
    for (size_t i = 0; i < ARRAY_N(packs); i++) {
        char path[128];

        if (!str_eq(str_of(packs[i]), name))
            continue;
        snprintf(path, sizeof path, PACK_PATH, packs[i]);
        const struct embedded *e = embedded_find(path);

        CHECK(e != NULL); /* a shipped pack is in the program */
        return json_parse(d, e->bytes, doc);
    }
    return FAIL(d, ERR_NOT_FOUND, "there is no policy pack of this name");
}
