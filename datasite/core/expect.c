/* expect.c -- the rejections that a job has to expect, each with how to fix it. */
#include "datasite/core/expect.h"

#include "datasite/base/check.h"
#include "policies/outcheck.h"

#include <stdio.h>
#include <string.h>

#define BLOCK  "block"
#define HOLD   "hold"
#define ADVICE "advice"

/* A job that asks for so many times what it spends is asked why. */
#define ASKED_TIMES_MAX 10

/* What is done about a finding of the scanner or a check of disclosure control. */
static const struct {
    const char *rule, *fix;
} fixes[] = {
    {"too-long", "Shorten the script."},
    {"line-too-long", "Break the line."},
    {"hidden-character", "Remove the character; write what you mean in ASCII."},
    {"control-character", "Remove the character; only line ends and tabs may stand."},
    {"nul", "Remove the character."},
    {"not-utf8", "Save the script as UTF-8."},
    {"lane", "Ask for a noisy answer with release(), or choose the lane it names."},
    {"unknown-name", "Leave it out: the sandbox has no files, modules or processes."},
    {"policy-lane", "Choose a lane that the dataset's policy allows."},
    {"policy-column", "Leave the column out: the policy does not allow it."},
    {"policy-source-bytes", "Shorten the script: the policy allows no more."},
    {"minimum_persons", "Form larger groups, or ask in lane dp."},
    {"missing_margin", "Leave no small rest: name every key, or form larger groups."},
    {"dominance", "Clip the column, form larger groups, or ask in lane dp."},
    {"p_percent", "Clip the column, form larger groups, or ask in lane dp."},
    {"empty_cells", "Form groups of which none is empty."},
    {"full_rows", "Form groups of which none holds all."},
    {"degrees_of_freedom", "Use fewer groups or columns."},
    {"saturated_model", "Use fewer columns: a model must not restate its rows."},
    {"all_equal", "Form larger groups, in which values differ."},
    {"rare_values", "Form larger groups, in which values differ."},
    {"extremes", "Ask for quantiles with more persons beyond them."},
    {"output_types", "Return numbers, booleans, texts and tables of them."},
    {"output_size", "Return fewer values."},
    {"output_texts", "Return declared categories, or texts that stand in the script."},
    {"adverse-mock", "Allow for tables without rows, groups without persons, nulls."},
    {"evidence", "Ask for counts, sums and means of declared groups."},
};

/* What the end of a run on the mock means. The texts are the server's own. */
static const struct {
    enum outcome_kind kind;
    const char *needle, *rule, *fix;
} failures[] = {
    {OUTCOME_BUDGET, "", "over-budget",
        "Ask for a larger max_budget, pay less for each answer, or ask for fewer."},
    {OUTCOME_TIMEOUT, "", "too-slow", "Do less: the policy limits the time of a run."},
    {OUTCOME_MEMORY, "", "too-much-memory", "Keep less: the policy limits the memory."},
    {OUTCOME_SANDBOX_VIOLATION, "output is larger", "output-too-large",
        "Return less: numbers, not tables of them."},
    {OUTCOME_SANDBOX_VIOLATION, "more log", "log-too-large", "Print less."},
    {OUTCOME_SANDBOX_VIOLATION, "", "sandbox", "Leave out what the sandbox forbids."},
    {OUTCOME_POLICY, "measurements a run", "too-many-questions",
        "Group instead of asking one by one: a grouped answer is one measurement."},
    {OUTCOME_POLICY, "are not public", "keys-missing",
        "List the keys in group_by, or name a delta for keys that only the data know."},
    {OUTCOME_POLICY, "is for the lane", "lane", "Choose the lane it names."},
    {OUTCOME_POLICY, "part", "part-price",
        "Declare the price of a part as it is paid."},
    {OUTCOME_POLICY, "", "policy", "Ask what the policy of the dataset allows."},
    {OUTCOME_SCRIPT_ERROR, "no declared bounds", "bounds-missing",
        "Give bounds with clip(column, lower, upper), from what is known beforehand."},
    {OUTCOME_SCRIPT_ERROR, "bounds are too wide", "bounds-wide",
        "Clip to narrower bounds."},
    {OUTCOME_SCRIPT_ERROR, "are too far apart", "bounds-wide",
        "Clip to narrower bounds."},
    {OUTCOME_SCRIPT_ERROR, "exceeds the number range", "bounds-wide",
        "Clip to narrower bounds, or pay more."},
    {OUTCOME_SCRIPT_ERROR, "must not be above upper", "bounds-wrong",
        "Name the lower bound first."},
    {OUTCOME_SCRIPT_ERROR, "identifies people", "identifier",
        "Count persons with count_units(); identifiers are not looked at."},
    {OUTCOME_SCRIPT_ERROR, "no column", "unknown-column",
        "Use the names of the dataset's columns."},
    {OUTCOME_SCRIPT_ERROR, "is not a number", "wrong-type",
        "Measure a column of numbers, or count."},
    {OUTCOME_SCRIPT_ERROR, "needs a price", "price-missing",
        "Name a price: epsilon, rho or error."},
    {OUTCOME_SCRIPT_ERROR, "give one price", "price-wrong", "Name one price."},
    {OUTCOME_SCRIPT_ERROR, "price", "price-wrong",
        "A price is a positive decimal number."},
    {OUTCOME_SCRIPT_ERROR, "delta", "delta-wrong",
        "A delta is a small positive number, for unknown keys alone."},
    {OUTCOME_SCRIPT_ERROR, "released once", "released-twice",
        "Keep the first answer: the second would be paid again."},
    {OUTCOME_SCRIPT_ERROR, "not finite", "output-not-finite",
        "Do not divide by what may be zero."},
    {OUTCOME_SCRIPT_ERROR, "cannot leave", "output-type",
        "Return numbers, booleans, texts and tables of them."},
    {OUTCOME_SCRIPT_ERROR, "it is too large", "output-too-large",
        "Return less: numbers, not tables of them."},
    {OUTCOME_SCRIPT_ERROR, "unknown option", "unknown-option",
        "See the reference for the options of this measurement."},
    {OUTCOME_SCRIPT_ERROR, "", "script-error", "Try the script on the mock first."},
};

static const char *
fix_of(const char *rule)
{
    for (size_t i = 0; i < ARRAY_N(fixes); i++) {
        if (strcmp(fixes[i].rule, rule) == 0)
            return fixes[i].fix;
    }
    return "See what the rule asks for.";
}

static void
expect_add(json_t *list, const char *rule, const char *weight, const char *text,
    const char *fix, int line)
{
    json_array_append_new(list,
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "rule", rule, "weight", weight, "text",
            text, "fix", fix, "line", line > 0 ? json_integer(line) : json_null()));
}

static void
expect_failure(json_t *list, const struct outcome *o)
{
    if (o->kind == OUTCOME_OK)
        return;
    for (size_t i = 0; i < ARRAY_N(failures); i++) {
        if (failures[i].kind != o->kind || strstr(o->text, failures[i].needle) == NULL)
            continue;
        expect_add(list, failures[i].rule, BLOCK, o->text, failures[i].fix, o->line);
        return;
    }
    expect_add(list, outcome_name(o->kind), BLOCK, o->text,
        "Submit it again; ask the owner when it stays.", o->line);
}

/* Checks of the second gate that are not met. */
static void
expect_failed(json_t *list, const json_t *checks, const struct sdc_limits *limits)
{
    const json_t *check;
    size_t i;

    json_array_foreach(checks, i, check)
    {
        const char *rule = json_string_value(json_object_get(check, "name"));

        if (json_is_true(json_object_get(check, "met")) || rule == NULL)
            continue;
        expect_add(list, rule, limits->exceptions == SDC_EXCEPT_FREE ? ADVICE : HOLD,
            "the same answers on the mock fail this check", fix_of(rule), 0);
    }
}

/* The rules of disclosure control over the evidence of the mock: a group that is small
 * there is likely small in the data. */
static void
expect_disclosure(
    json_t *list, const struct check_report *r, const struct sdc_limits *limits)
{
    struct sdc_tally tally = {0};
    json_auto_t *tallied = NULL;
    const json_t *m;
    size_t i;

    json_array_foreach(r->outcome.measurements, i, m)
    {
        if (json_is_true(json_object_get(m, "exact")))
            sdc_json_check(limits, json_object_get(m, "evidence"), &tally);
    }
    tallied = sdc_tally_json(limits, &tally);
    expect_failed(list, tallied, limits);
}

/* What the second gate would say of the mock's output. How much it can carry beside its
 * answers is left to the real one. */
static void
expect_output(json_t *list, const struct check_report *r, const struct check_ask *ask)
{
    struct diag quiet = {0};
    json_auto_t *texts = json_object(), *checks = NULL;
    struct sdc_limits limits = ask->policy.output;

    if (r->outcome.kind != OUTCOME_OK || ask->lane == LANE_DP ||
        outcheck_categories(&quiet, &ask->schema, texts) != ERR_OK ||
        outcheck_literals(&quiet, ask->source, texts) != ERR_OK)
        return;
    limits.bits_max = 0;
    checks = outcheck(&limits, r->outcome.output, r->outcome.output, texts);
    expect_failed(list, checks, &limits);
}

static void
expect_adverse(json_t *list, const struct check_report *r)
{
    const json_t *one;
    size_t i;

    json_array_foreach(r->adverse, i, one)
    {
        const char *rule = json_string_value(json_object_get(one, "rule"));
        expect_add(list, rule, ADVICE, json_string_value(json_object_get(one, "text")),
            fix_of(rule), (int)json_integer_value(json_object_get(one, "line")));
    }
}

static bool
described(const json_t *outputs, const char **missing)
{
    const json_t *one;
    size_t i;

    *missing = "outputs";
    json_array_foreach(outputs, i, one)
    {
        const char *text = json_string_value(json_object_get(one, "description"));

        *missing = json_string_value(json_object_get(one, "name"));
        if (text == NULL || text[strspn(text, " \n\t")] == '\0')
            return false;
    }
    return json_array_size(outputs) > 0;
}

bool
expect_context_said(const struct expect_words *words)
{
    const char *missing;

#ifdef MUTANT_RULE_CONTEXT
    return true;
#endif
    return words->question[strspn(words->question, " \n\t")] != '\0' &&
        described(words->outputs, &missing);
}

static void
expect_context(json_t *list, const struct expect_words *words, bool needed)
{
    const char *missing, *weight = needed ? BLOCK : ADVICE;

    if (words->question[strspn(words->question, " \n\t")] == '\0') {
        expect_add(list, "question-missing", weight, "no question is asked in words",
            "Say what you want to know and why.", 0);
    }
    if (!described(words->outputs, &missing)) {
        char text[160];
        snprintf(text, sizeof text, "what it means is not said: %.100s", missing);
        str_utf8_mend(text, strlen(text));
        expect_add(list, "output-undescribed", weight, text,
            "Describe every output: what it counts, of whom.", 0);
    }
}

/* Declared outputs are the ones that come, by name. */
static void
expect_outputs(json_t *list, const struct outcome *o, const json_t *declared)
{
    const json_t *one;
    char text[128];
    size_t i;

    if (o->kind != OUTCOME_OK || json_array_size(declared) == 0)
        return;
    json_array_foreach(declared, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));

        if (json_object_get(o->output, name) != NULL)
            continue;
        snprintf(text, sizeof text, "declared and not returned: %.63s", name);
        expect_add(list, "output-missing", ADVICE, text,
            "Return a table with the names that are declared.", 0);
    }
    if (json_is_object(o->output) &&
        json_object_size(o->output) > json_array_size(declared)) {
        expect_add(list, "output-undeclared", ADVICE,
            "more is returned than was declared", "Declare every output.", 0);
    }
}

static void
expect_spending(json_t *list, const struct check_report *r, int64_t asked_nano)
{
    int64_t spent = r->total.eps_nano;

    for (size_t i = 0; i < r->scan.marks_n; i++) {
        if (strcmp(r->scan.marks[i].kind, "loop") != 0)
            continue;
        expect_add(list, "spend-in-loop", ADVICE, "a loop spends on every turn",
            "Group instead, or partition: disjoint parts are paid once.",
            r->scan.marks[i].line);
    }
    if (asked_nano > 0 && spent > 0 && spent < asked_nano / ASKED_TIMES_MAX) {
        expect_add(list, "budget-unused", ADVICE,
            "max_budget is more than ten times what the script spends",
            "Ask for what it spends.", 0);
    }
    if (json_array_size(r->outcome.measurements) == 0 &&
        r->outcome.kind == OUTCOME_OK) {
        expect_add(list, "nothing-asked", ADVICE, "the script asks the data nothing",
            "Release a measurement and return it.", 0);
    }
}

json_t *
expect_json(const struct check_report *r, const struct check_ask *ask,
    const struct expect_words *words, const json_t *unneeded)
{
    json_t *list = json_array();
    const json_t *name;
    char text[128];
    size_t i;

    for (i = 0; i < r->scan.findings_n; i++) {
        const struct finding *f = &r->scan.findings[i];
        expect_add(list, f->rule, BLOCK, f->text, fix_of(f->rule), f->line);
    }
    if (r->ran) {
        expect_failure(list, &r->outcome);
        expect_disclosure(list, r, &ask->policy.output);
        expect_output(list, r, ask);
        expect_adverse(list, r);
        expect_spending(list, r, words != NULL ? words->asked_nano : 0);
    }
    json_array_foreach(unneeded, i, name)
    {
        snprintf(
            text, sizeof text, "%.63s is read and not needed", json_string_value(name));
        expect_add(list, "column-not-needed", ADVICE, text,
            "Do not name a column that no answer rests on.", 0);
    }
    if (words != NULL) {
        expect_context(list, words, ask->policy.input.context);
        if (r->ran)
            expect_outputs(list, &r->outcome, words->outputs);
    }
    return list;
}
