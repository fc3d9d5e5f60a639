/* policy.c -- reads policy documents and finds the shipped ones. */
#include "policies/policy.h"

#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/limits.h"

#include <stdio.h>
#include <string.h>

#define PACK_PATH   "policies/packs/%s.json"
#define SCHEMA_PATH "schema/policy.json"

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
struct number {
    const char *pointer;
    int64_t value, least, most;
};

static enum err
numbers_check(struct diag *d, const struct number *m, size_t n)
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

/* The members of a document, with what stands for those that are absent. */
struct members {
    const char *name, *title, *description, *release[3];
    json_int_t approvals, approval_days, time_slot_s, key_persons, source_bytes;
    json_int_t questions, output_bytes, cpu_ms, wall_ms, memory_bytes;
    int blind, templates, context;
    struct policy_input_doc input;
    json_t *output;
};

static enum err
members_take(struct diag *d, json_t *doc, struct members *m)
{
    *m = (struct members){.description = "",
        .approvals = 1,
        .blind = 1,
        .source_bytes = SOURCE_BYTES_MAX,
        .questions = RUN_QUESTIONS_DEFAULT,
        .output_bytes = RUN_OUTPUT_BYTES_DEFAULT,
        .cpu_ms = RUN_CPU_MS_DEFAULT,
        .wall_ms = RUN_WALL_MS_DEFAULT,
        .memory_bytes = RUN_MEMORY_BYTES_DEFAULT};
    return json_take(d, doc,
        "{s:s, s:s, s?s, s:{s?{s:s!}, s?{s:s!}, s?{s:s!} !}, s?I, s?b, s?b, s?I, s?I,"
        " s?{s?I, s?I, s?I, s?I, s?I !}, s?{s?I !},"
        " s?{s?o, s?{s?o, s?o !}, s?s, s?I, s?b !}, s?o !}",
        "name", &m->name, "title", &m->title, "description", &m->description, "lanes",
        "dp", "release", &m->release[LANE_DP], "exact", "release",
        &m->release[LANE_EXACT], "rows", "release", &m->release[LANE_ROWS], "approvals",
        &m->approvals, "blind", &m->blind, "templates", &m->templates, "approval_days",
        &m->approval_days, "time_slot_s", &m->time_slot_s, "limits", "questions",
        &m->questions, "output_bytes", &m->output_bytes, "cpu_ms", &m->cpu_ms,
        "wall_ms", &m->wall_ms, "memory_bytes", &m->memory_bytes, "unknown_keys",
        "persons_min", &m->key_persons, "input", "purposes", &m->input.purposes,
        "columns", "allow", &m->input.only, "forbid", &m->input.forbid, "expires",
        &m->input.expires, "source_bytes", &m->source_bytes, "context", &m->context,
        "output", &m->output);
}

static enum err
numbers_take(struct diag *d, const struct members *m, struct policy *out)
{
    const struct number numbers[] = {
        {"/approvals", m->approvals, 1, 9},
        {"/approval_days", m->approval_days, 0, 3650},
        {"/time_slot_s", m->time_slot_s, 0, 86400},
        {"/limits/questions", m->questions, 1, 1000000},
        {"/limits/output_bytes", m->output_bytes, 1, FRAME_BYTES_MAX / 2},
        {"/limits/cpu_ms", m->cpu_ms, 1, 86400000},
        {"/limits/wall_ms", m->wall_ms, 1, 86400000},
        {"/limits/memory_bytes", m->memory_bytes, 1 << 20, INT64_C(1) << 36},
        {"/unknown_keys/persons_min", m->key_persons, 0, 1000000},
        {"/input/source_bytes", m->source_bytes, 1, SOURCE_BYTES_MAX},
    };

    TRY(numbers_check(d, numbers, ARRAY_N(numbers)));
    out->approvals = (int)m->approvals;
    out->approval_days = m->approval_days;
    out->time_slot_s = m->time_slot_s;
    out->questions_max = m->questions;
    out->output_bytes_max = m->output_bytes;
    out->cpu_ms_max = m->cpu_ms;
    out->wall_ms_max = m->wall_ms;
    out->memory_bytes_max = m->memory_bytes;
    out->key_persons_min = m->key_persons;
    out->input.source_bytes_max = m->source_bytes;
    return ERR_OK;
}

enum err
policy_parse(struct diag *d, struct arena *a, json_t *doc, struct policy *out)
{
    struct members m;

    TRY(members_take(d, doc, &m));
    *out = (struct policy){.blind = m.blind != 0,
        .templates = m.templates != 0,
        .output = sdc_limits_default()};
    if (m.output != NULL)
        TRY(sdc_limits_parse(d, m.output, &out->output));
    TRY(text_take(d, m.name, m.title, out));
    TRY(lanes_take(d, m.release, out));
    TRY(policy_input_take(d, a, &m.input, &out->input));
    out->input.context = m.context != 0;
    return numbers_take(d, &m, out);
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

struct str
policy_schema(void)
{
    const struct embedded *e = embedded_find(SCHEMA_PATH);

    CHECK(e != NULL);
    return e->bytes;
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
