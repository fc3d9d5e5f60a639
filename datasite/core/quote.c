/* quote.c -- what a script would read, cost and be checked for. */
#include "datasite/core/quote.h"

#include "datasite/base/check.h"
#include "policies/lualex.h"

#include <string.h>

/* What a question may want a column for. */
enum use {
    USE_WHERE,
    USE_CLIP,
    USE_DERIVE,
    USE_TRUNCATE,
    USE_GROUP,
    USE_PARTITION,
    USE_JOIN,
    USE_MAP,
    USE_MEASURE,
    USE_PROGRAM,
    USE_N
};
static const char *const use_names[USE_N] = {
    [USE_WHERE] = "where",
    [USE_CLIP] = "clip",
    [USE_DERIVE] = "derive",
    [USE_TRUNCATE] = "truncate",
    [USE_GROUP] = "group",
    [USE_PARTITION] = "partition",
    [USE_JOIN] = "join",
    [USE_MAP] = "map",
    [USE_MEASURE] = "measure",
    [USE_PROGRAM] = "program",
};
/* A clip of a column that nothing else reads is no need. */
#define NEEDS (~(1u << USE_CLIP))

/* How a member of an operation or a measurement names columns. */
enum naming {
    BY_NAME, /* a text, or an array of them */
    BY_CODE  /* an expression or a program, or an array of them */
};

static const struct {
    const char *op, *member;
    enum naming naming;
    enum use use;
} op_members[] = {
    {"where", "expr", BY_CODE, USE_WHERE},
    {"clip", "column", BY_NAME, USE_CLIP},
    {"derive", "expr", BY_CODE, USE_DERIVE},
    {"truncate", "by", BY_NAME, USE_TRUNCATE},
    {"group_by", "columns", BY_NAME, USE_GROUP},
    {"partition", "column", BY_NAME, USE_PARTITION},
    {"join_public", "key", BY_NAME, USE_JOIN},
    {"map", "source", BY_CODE, USE_MAP},
};
static const struct {
    const char *member;
    enum naming naming;
    enum use use;
} measure_members[] = {
    {"column", BY_NAME, USE_MEASURE},
    {"columns", BY_NAME, USE_MEASURE},
    {"target", BY_NAME, USE_MEASURE},
    {"queries", BY_CODE, USE_WHERE},
    {"source", BY_CODE, USE_PROGRAM},
};

/* uses: by schema index, bits of enum use. */
struct reading {
    const struct schema *schema;
    unsigned uses[COLUMNS_MAX];
};

static void
use_word(struct reading *rd, struct str word, enum use use)
{
    for (size_t i = 0; i < rd->schema->columns_n; i++) {
        if (str_eq(word, str_of(rd->schema->columns[i].name)))
            rd->uses[i] |= 1u << use;
    }
}

/* Names and texts of a piece of Lua; a column in a text is read by row["age"]. */
static void
use_code(struct reading *rd, struct str code, enum use use)
{
    struct lualex x;

    lualex_init(&x, code);
    for (struct lua_token t = lualex_next(&x); t.kind != LUA_END; t = lualex_next(&x)) {
        if (t.kind == LUA_NAME || t.kind == LUA_STRING)
            use_word(rd, t.text, use);
    }
}

static void
use_text(struct reading *rd, const json_t *v, enum naming naming, enum use use)
{
    struct str text = {json_string_value(v), json_string_length(v)};

    if (!json_is_string(v))
        return;
    if (naming == BY_CODE) {
        use_code(rd, text, use);
    } else {
        use_word(rd, text, use);
    }
}

static void
use_value(struct reading *rd, const json_t *v, enum naming naming, enum use use)
{
    const json_t *one;
    size_t i;

    use_text(rd, v, naming, use);
    json_array_foreach(v, i, one) use_text(rd, one, naming, use);
}

static void
read_op(struct reading *rd, const json_t *op)
{
    const char *name = json_string_value(json_object_get(op, "op"));

    for (size_t i = 0; name != NULL && i < ARRAY_N(op_members); i++) {
        if (strcmp(op_members[i].op, name) == 0) {
            use_value(rd, json_object_get(op, op_members[i].member),
                op_members[i].naming, op_members[i].use);
        }
    }
}

static void
read_plan(struct reading *rd, const json_t *plan)
{
    const json_t *measure = json_object_get(plan, "measure"), *op;
    size_t i;

    json_array_foreach(json_object_get(plan, "ops"), i, op) read_op(rd, op);
    for (i = 0; i < ARRAY_N(measure_members); i++) {
        use_value(rd, json_object_get(measure, measure_members[i].member),
            measure_members[i].naming, measure_members[i].use);
    }
}

/* What the questions of the mock run wanted of each column that the text names; what
 * nothing wanted goes into unneeded. */
static json_t *
reads_json(const struct check_report *r, const struct schema *schema, json_t *unneeded)
{
    struct reading rd = {.schema = schema};
    json_t *list = json_array();
    const json_t *plan;
    size_t i;

    json_array_foreach(r->plans, i, plan) read_plan(&rd, plan);
    for (i = 0; i < schema->columns_n; i++) {
        const char *name = schema->columns[i].name;
        bool needed = (rd.uses[i] & NEEDS) != 0;
        json_t *uses = json_array();

        for (int u = 0; u < USE_N; u++) {
            if (rd.uses[i] & 1u << u)
                json_array_append_new(uses, json_string(use_names[u]));
        }
        if (r->scan.columns == NULL || !r->scan.columns[i]) {
            json_decref(uses);
            continue;
        }
        json_array_append_new(list,
            json_pack("{s:s, s:b, s:o}", "column", name, "needed", (int)needed, "uses",
                uses));
        if (!needed)
            json_array_append_new(unneeded, json_string(name));
    }
    return list;
}

/* Checks that will apply */

static void
check_add(json_t *list, const char *name, enum lane lane, int64_t threshold)
{
    json_array_append_new(list,
        json_pack("{s:s, s:s, s:I}", "name", name, "lane", lane_name(lane), "threshold",
            (json_int_t)threshold));
}

/* The rules of disclosure control that the policy turns on. */
static void
disclosure_checks(json_t *list, const struct sdc_limits *l)
{
    const struct {
        int64_t threshold;
        enum sdc_check check;
        bool on;
    } rules[] = {
        {0, SDC_EVIDENCE, true},
        {l->persons_min, SDC_PERSONS, l->persons_min > 0},
        {l->persons_min, SDC_REST, l->persons_min > 0},
        {l->dominance_percent, SDC_DOMINANCE, l->dominance_percent > 0},
        {l->p_percent, SDC_P_PERCENT, l->p_percent > 0},
        {0, SDC_ZERO, l->zeros},
        {0, SDC_FULL, l->zeros},
        {l->freedom_min, SDC_FREEDOM, l->freedom_min > 0},
        {0, SDC_EQUAL, l->equal},
        {l->persons_min, SDC_EXTREME, l->extremes},
        {l->persons_min, SDC_RARE, l->persons_min > 0},
        {3, SDC_SATURATED, l->freedom_min > 0},
    };

    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        if (rules[i].on)
            check_add(
                list, sdc_check_name(rules[i].check), LANE_EXACT, rules[i].threshold);
    }
}

static json_t *
checks_json(const struct policy *p, enum lane lane)
{
    json_t *list = json_array();

    check_add(list, "max_budget", LANE_DP, 0);
    check_add(list, "questions", LANE_DP, p->questions_max);
    check_add(list, "output_bytes", LANE_DP, p->output_bytes_max);
    if (lane != LANE_DP)
        disclosure_checks(list, &p->output);
    if (lane == LANE_ROWS)
        check_add(list, sdc_check_name(SDC_EVIDENCE), LANE_ROWS, 0);
    return list;
}

static json_t *
names_for(const json_t *checks, const char *lane)
{
    json_t *list = json_array();
    const json_t *check;
    size_t i;

    json_array_foreach(checks, i, check)
    {
        if (strcmp(json_string_value(json_object_get(check, "lane")), lane) == 0)
            json_array_append(list, json_object_get(check, "name"));
    }
    return list;
}

static json_t *
measurements_json(const struct check_report *r, const json_t *checks)
{
    json_t *list = r->ran ? check_measurements_json(&r->outcome) : json_array(), *m;
    size_t i;

    json_array_foreach(list, i, m)
    {
        const char *label = json_string_value(json_object_get(m, "label"));
        enum lane lane = !json_is_true(json_object_get(m, "exact")) ? LANE_DP
            : label != NULL && strncmp(label, "collect", 7) == 0    ? LANE_ROWS
                                                                    : LANE_EXACT;

        json_object_set_new(m, "lane", json_string(lane_name(lane)));
        json_object_set_new(m, "checks", names_for(checks, lane_name(lane)));
    }
    return list;
}

/* Outputs of a script that returned a table: its keys. */
static json_t *
outputs_returned(const struct outcome *o, const char *lane)
{
    json_t *list = json_array(), *value;
    const char *name;

    if (!json_is_object(o->output))
        return list;
    json_object_foreach(o->output, name, value) json_array_append_new(
        list, json_pack("{s:s, s:s}", "name", name, "lane", lane));
    return list;
}

static json_t *
outputs_declared(const json_t *outputs, const char *lane)
{
    json_t *list = json_array(), *v;
    size_t i;

    json_array_foreach(outputs, i, v)
    {
        json_t *one = json_copy(v);
        json_object_set_new(one, "lane", json_string(lane));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *
total_json(struct budget b)
{
    char epsilon[32], rho[32], delta[32];

    return json_pack("{s:o, s:s, s:s}", "epsilon",
        b.eps_nano == EPS_NONE ? json_null()
                               : json_string(nano_text(b.eps_nano, epsilon)),
        "rho", nano_text(b.rho_nano, rho), "delta", atto_text(b.delta_atto, delta));
}

json_t *
quote_json(const struct check_report *r, const struct check_ask *ask,
    const struct expect_words *words)
{
    const struct policy *p = &ask->policy;
    const char *lane = lane_name(ask->lane);
    json_auto_t *unneeded = json_array();
    json_t *checks = checks_json(p, ask->lane);
    json_t *outputs = words != NULL && json_array_size(words->outputs) > 0
        ? outputs_declared(words->outputs, lane)
        : r->ran ? outputs_returned(&r->outcome, lane)
                 : json_array();
    json_t *reads = r->ran && r->outcome.kind == OUTCOME_OK
        ? reads_json(r, &ask->schema, unneeded)
        : json_array();

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:o, s:o}", "columns",
        check_columns_json(r, &ask->schema), "reads", reads, "outputs", outputs,
        "measurements", measurements_json(r, checks), "total", total_json(r->total),
        "release",
        policy_lane_ok(p, ask->lane) && p->release[ask->lane] == RELEASE_AUTO ? "auto"
                                                                              : "held",
        "approvals", p->approvals, "expect", expect_json(r, ask, words, unneeded),
        "checks", checks);
}
