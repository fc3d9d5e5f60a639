/* policy_words.c -- a policy in sentences. Each has an id and its parameters, so that a
 * page can say the same in another language. */
#include "datasite/base/units.h"
#include "policies/policy.h"
#include "policies/schema_value.h"

#include <stdio.h>
#include <string.h>

#define LIST_BYTES_MAX 65536

/* Adds one sentence; params is consumed. */
static void __attribute__((format(printf, 4, 5)))
say(json_t *list, const char *id, json_t *params, const char *fmt, ...)
{
    char text[768];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    str_utf8_mend(text, strlen(text)); /* a long list is cut anywhere */
    json_array_append_new(
        list, json_pack("{s:s, s:o, s:s}", "id", id, "params", params, "text", text));
}

static json_t *
names_json(const char *const *names, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

/* "a, b, c" */
static void
names_text(struct buf *b, const char *const *names, size_t n)
{
    buf_init(b, LIST_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        buf_addf(b, "%s%s", i > 0 ? ", " : "", names[i]);
    buf_add(b, "", 1);
}

static void
input_words(const struct policy_input *in, json_t *list)
{
    BUF_SCOPE(names);
    char day[32], size[32];

    if (in->purposes_n > 0) {
        names_text(&names, in->purposes, in->purposes_n);
        say(list, "input.purposes",
            json_pack("{s:o}", "purposes", names_json(in->purposes, in->purposes_n)),
            "The purpose of a project begins with one of: %s.", names.ptr);
        buf_release(&names);
    }
    if (in->columns_n > 0) {
        names_text(&names, in->columns, in->columns_n);
        say(list, in->only ? "input.columns_only" : "input.columns_forbidden",
            json_pack("{s:o}", "columns", names_json(in->columns, in->columns_n)),
            in->only ? "Scripts may read no columns but: %s."
                     : "Scripts may not read: %s.",
            names.ptr);
    }
    if (in->expires_day != INT64_MAX) {
        date_text(in->expires_day, day);
        say(list, "input.expires", json_pack("{s:s}", "day", day),
            "The last day of access is %s.", day);
    }
    if (in->context) {
        say(list, "input.context", json_object(),
            "Every job asks its question in words and describes every output.");
    }
    say(list, "input.source_bytes",
        json_pack("{s:I, s:s}", "bytes", (json_int_t)in->source_bytes_max, "size",
            size_text(in->source_bytes_max, size)),
        "A script has %s at most.", size);
}

static void
lane_words(const struct policy *p, json_t *list)
{
    static const char *const what[] = {[LANE_DP] = "Noisy answers",
        [LANE_EXACT] = "Exact answers",
        [LANE_ROWS] = "Programs over rows"};

    for (int l = LANE_DP; l <= LANE_ROWS; l++) {
        const char *name = lane_name((enum lane)l);

        if (!p->lane_allowed[l]) {
            say(list, "lane.closed", json_pack("{s:s}", "lane", name),
                "%s (lane %s) are not allowed.", what[l], name);
        } else if (p->release[l] == RELEASE_AUTO) {
            say(list, "lane.auto", json_pack("{s:s}", "lane", name),
                "%s (lane %s) are released as soon as the run has ended.", what[l],
                name);
        } else {
            say(list, "lane.held", json_pack("{s:s}", "lane", name),
                "%s (lane %s) wait for the owner, who releases or withholds them.",
                what[l], name);
        }
    }
}

static void
limit_words(const struct policy *p, json_t *list)
{
    char output[32], cpu[32], wall[32], memory[32];

    say(list, "limits",
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s}", "questions",
            (json_int_t)p->questions_max, "output_bytes",
            (json_int_t)p->output_bytes_max, "cpu_ms", (json_int_t)p->cpu_ms_max,
            "wall_ms", (json_int_t)p->wall_ms_max, "memory_bytes",
            (json_int_t)p->memory_bytes_max, "output",
            size_text(p->output_bytes_max, output), "cpu",
            span_text(p->cpu_ms_max, cpu), "wall", span_text(p->wall_ms_max, wall),
            "memory", size_text(p->memory_bytes_max, memory)),
        "A run asks %lld questions, returns %s, computes for %s, lasts %s and uses %s "
        "of "
        "memory at most.",
        (long long)p->questions_max, output, cpu, wall, memory);
}

static void
process_words(const struct policy *p, json_t *list)
{
    char time[32];

    say(list, p->blind ? "approvals.blind" : "approvals.open",
        json_pack("{s:i}", "approvals", p->approvals), "A job needs %d approval%s; %s.",
        p->approvals, p->approvals == 1 ? "" : "s",
        p->blind ? "votes are hidden until the round has ended"
                 : "votes are shown as they are cast");
    if (p->templates) {
        say(list, "templates", json_object(),
            "A job that fills a template signed by as many is approved by itself.");
    }
    if (p->approval_days > 0) {
        say(list, "approval_days",
            json_pack("{s:I}", "days", (json_int_t)p->approval_days),
            "An approval that was not used runs out after %lld days.",
            (long long)p->approval_days);
    }
    if (p->time_slot_s > 0) {
        say(list, "time_slot",
            json_pack("{s:I, s:s}", "seconds", (json_int_t)p->time_slot_s, "time",
                span_text(1000 * p->time_slot_s, time)),
            "Ends of runs show at multiples of %s alone.", time);
    }
    if (p->key_persons_min > 0) {
        say(list, "unknown_keys",
            json_pack("{s:I}", "persons", (json_int_t)p->key_persons_min),
            "Keys that only the data know need about %lld persons to be named.",
            (long long)p->key_persons_min);
    }
    limit_words(p, list);
}

/* A threshold of exact answers; 0 is off and says nothing. */
static void
threshold_word(json_t *list, const char *id, const char *name, int64_t value,
    const char *before, const char *after)
{
    if (value > 0) {
        say(list, id, json_pack("{s:I}", name, (json_int_t)value), "%s %lld %s", before,
            (long long)value, after);
    }
}

static void
output_words(const struct policy *p, json_t *list)
{
    static const char *const exceptions[] = {
        [SDC_EXCEPT_NEVER] = "A result that fails a check is never released.",
        [SDC_EXCEPT_COMMENT] =
            "A result that fails a check is released only with the owner's reason.",
        [SDC_EXCEPT_FREE] = "The checks of exact answers advise the owner."};
    static const char *const ids[] = {[SDC_EXCEPT_NEVER] = "output.exceptions_never",
        [SDC_EXCEPT_COMMENT] = "output.exceptions_comment",
        [SDC_EXCEPT_FREE] = "output.exceptions_free"};
    const struct sdc_limits *o = &p->output;

    if (!p->lane_allowed[LANE_EXACT] && !p->lane_allowed[LANE_ROWS])
        return;
    threshold_word(list, "output.persons_min", "persons", o->persons_min, "At least",
        "persons stand behind an exact number that is not empty.");
    threshold_word(list, "output.dominance", "percent", o->dominance_percent,
        "The two largest have at most", "per cent of a sum.");
    threshold_word(list, "output.p_percent", "percent", o->p_percent,
        "Nobody can estimate the largest to within", "per cent.");
    threshold_word(list, "output.freedom", "freedom", o->freedom_min,
        "Means and models leave at least", "degrees of freedom.");
    if (o->zeros)
        say(list, "output.zeros", json_object(), "Empty and full cells are failures.");
    if (o->equal)
        say(list, "output.all_equal", json_object(),
            "Cells of one value are failures.");
    if (o->extremes)
        say(list, "output.extremes", json_object(),
            "Least and greatest values are failures.");
    if (o->suppress)
        say(list, "output.suppress", json_object(),
            "Small cells of tables are withheld, and what gives them away.");
    threshold_word(list, "output.values_max", "values", o->values_max,
        "An output holds at most", "values.");
    threshold_word(list, "output.bits_max", "bits", o->bits_max,
        "Beside checked answers an output carries at most", "bits.");
    threshold_word(list, "output.rounding", "base", o->rounding,
        "Counts are told as multiples of", "alone.");
    say(list, ids[o->exceptions], json_object(), "%s", exceptions[o->exceptions]);
}

json_t *
policy_words(const struct policy *p)
{
    json_t *list = json_array();

    input_words(&p->input, list);
    lane_words(p, list);
    process_words(p, list);
    output_words(p, list);
    return list;
}
