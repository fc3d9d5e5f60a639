/* demo_job.c -- the demo's second chapter: a question becomes an answer. */
#include "datasite/demo.h"

#include "datasite/base/fdio.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_STEPS 12
#define WAIT_STEP_S    10
#define MAX_EPSILON    "1" /* of which the answers cost 0.7 */

static const char source[] =
    "-- Who comes back within 30 days, and how long do people over 65 stay?\n"
    "local stays = site.open \"" DEMO_DATASET "\"\n"
    "local first = stays:truncate{ rows = 1 }          -- one stay of each person\n"
    "local old   = first:where \"age >= 65\"\n"
    "\n"
    "local n    = old:count{ epsilon = 0.1 }:release()\n"
    "local days = old:clip(\"days_in_hospital\", 1, 14)\n"
    "                :mean(\"days_in_hospital\", { epsilon = 0.2 }):release()\n"
    "local seen = first:group_by(\"diagnosis\"):count{ epsilon = 0.2 }:release()\n"
    "local back = first:where \"readmitted_30d == true\"\n"
    "                  :group_by(\"diagnosis\"):count{ epsilon = 0.2 }:release()\n"
    "\n"
    "print(\"over 65: \" .. n.value .. \" +- \" .. n.error95)\n"
    "return { over_65 = n.value, mean_days = days.value, mean_days_error95 = "
    "days.error95,\n"
    "         by_diagnosis = seen, came_back = back }\n";

/* The job as it is once nobody but a person, or nobody, is waited for. */
static enum err
await_job(
    struct diag *d, struct demo *m, struct client *c, json_t **out, char etag[128])
{
    struct call call = {.method = "GET", .path = m->job_path};

    for (int i = 0; i < PATIENCE_STEPS; i++) {
        REPLY_SCOPE(reply);
        TRY(client_call(c, d, &call, &reply));
        if (reply.status == 304)
            continue;
        if (strcmp(demo_text_of(reply.json, "waiting_on"), "system") != 0) {
            memcpy(etag, reply.etag, sizeof reply.etag);
            *out = json_incref(reply.json);
            return ERR_OK;
        }
        memcpy(etag, reply.etag, sizeof reply.etag);
        call.if_none_match = etag;
        call.wait_s = WAIT_STEP_S;
    }
    return FAIL(d, ERR_TIMEOUT, "the job did not get on");
}

static enum err
expect_state(struct diag *d, const json_t *job, const char *state)
{
    json_t *failure = json_object_get(job, "failure"), *row;
    size_t i;

    if (strcmp(demo_text_of(job, "state"), state) == 0)
        return ERR_OK;
    json_array_foreach(json_object_get(job, "requirements"), i, row)
    {
        if (!json_is_true(json_object_get(row, "met")))
            demo_fact("not met: %s %s", demo_text_of(row, "name"),
                demo_text_of(row, "detail"));
    }
    return FAIL(d, ERR_IO, "the job is %s, not %s: %s %s", demo_text_of(job, "state"),
        state, demo_text_of(failure, "kind"), demo_text_of(failure, "text"));
}

enum err
demo_step_project(struct diag *d, struct demo *m)
{
    struct client *c = m->people[RESEARCHER].client;
    const struct call get = {.method = "GET", .path = DEMO_PATH "/mock"};
    json_auto_t *made = NULL;
    REPLY_SCOPE(mock);

    demo_tell(m, "The researcher states a purpose and looks at the mock",
        "This is all that a researcher ever sees of a dataset's rows.");
    TRY(client_post(c, d, "/api/v1/projects",
        json_pack("{s:s, s:s, s:[s]}", "title", "Readmission after discharge",
            "purpose", "Find out which diagnoses need better follow-up care",
            "datasets", DEMO_DATASET),
        &made));
    TRY(demo_keep_id(d, made, m->project, sizeof m->project));
    TRY(client_call(c, d, &get, &mock));
    for (int i = 0; i < 3 && mock.body.len > 0; i++) {
        const char *line = buf_str(&mock.body).ptr;
        for (int k = 0; k < i; k++)
            line = strchr(line, '\n') == NULL ? "" : strchr(line, '\n') + 1;
        demo_fact("%.*s", (int)strcspn(line, "\r\n"), line);
    }
    return ERR_OK;
}

/* What the mock run printed, and what each answer costs and is good for. */
static void
tell_prices(const json_t *run)
{
    const char *log = demo_text_of(run, "log");
    json_t *row;
    size_t i;

    demo_fact("it prints   %.*s", (int)strcspn(log, "\n"), log);
    demo_fact("%-26s %8s %10s", "measurement", "epsilon", "95 % error");
    json_array_foreach(json_object_get(run, "measurements"), i, row)
    {
        demo_fact("%-26s %8s %7s%s", demo_text_of(row, "label"),
            demo_text_of(row, "epsilon"), "+-", demo_text_of(row, "error95"));
    }
}

enum err
demo_step_mock_run(struct diag *d, struct demo *m)
{
    json_auto_t *run = NULL;
    json_t *failure;

    demo_tell(m, "A job is a short Lua program; it is tried on the mock first",
        "Same sandbox, same checks, same prices as later. It costs nothing.");
    demo_tell_text(source);
    TRY(client_post(m->people[RESEARCHER].client, d, "/api/v1/mock_runs",
        json_pack(
            "{s:s, s:s, s:s}", "dataset", DEMO_DATASET, "source", source, "lane", "dp"),
        &run));
    failure = json_object_get(run, "failure");
    if (!json_is_true(json_object_get(run, "ok"))) {
        return FAIL(d, ERR_SANDBOX, "the mock run failed: %s %s",
            demo_text_of(failure, "kind"), demo_text_of(failure, "text"));
    }
    tell_prices(run);
    return ERR_OK;
}

enum err
demo_step_submit(struct diag *d, struct demo *m)
{
    struct client *c = m->people[RESEARCHER].client;
    json_auto_t *made = NULL, *job = NULL;
    json_t *row;
    char etag[128];
    size_t i;

    demo_tell(m, "The job is handed in, and checks run by themselves",
        "It waits for the owner only when it parses, hides nothing, and its price "
        "fits.");
    TRY(client_post(c, d, "/api/v1/jobs",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:[{s:s, s:s}, "
                  "{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}",
            "project", m->project, "dataset", DEMO_DATASET, "title",
            "Stays and readmissions by diagnosis", "question",
            "Which diagnoses bring people back within 30 days?", "source", source,
            "lane", "dp", "max_budget", "epsilon", MAX_EPSILON, "outputs", "name",
            "over_65", "description", "persons over 65", "name", "mean_days",
            "description", "mean stay over 65", "name", "mean_days_error95",
            "description", "how far off the mean stay may be", "name", "by_diagnosis",
            "description", "persons by diagnosis", "name", "came_back", "description",
            "readmissions by diagnosis"),
        &made));
    TRY(demo_keep_id(d, made, m->job, sizeof m->job));
    snprintf(m->job_path, sizeof m->job_path, "/api/v1/jobs/%s", m->job);
    TRY(await_job(d, m, c, &job, etag));
    TRY(expect_state(d, job, "in_review"));
    json_array_foreach(json_object_get(job, "requirements"), i, row)
    {
        demo_fact("%-4s  %-10s  %s",
            json_is_true(json_object_get(row, "met")) ? "ok" : "wait",
            demo_text_of(row, "name"), demo_text_of(row, "detail"));
    }
    demo_fact("%s is %s", m->job, demo_text_of(job, "state"));
    return ERR_OK;
}

static json_t *
review_of(const json_t *job, const char *sha256)
{
    return json_pack("{s:I, s:s, s:s, s:s}", "version",
        json_integer_value(json_object_get(job, "version")), "source_sha256", sha256,
        "decision", "approve", "comment", "Useful, and well within the budget.");
}

enum err
demo_step_review(struct diag *d, struct demo *m)
{
    static const char other[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    struct client *owner = m->people[OWNER].client;
    json_auto_t *job = NULL, *wrong = NULL, *right = NULL;
    char path[128], etag[128] = "";
    struct call call = {.method = "POST", .path = path, .if_match = etag};
    REPLY_SCOPE(reply);

    demo_tell(m, "The owner reads the code and approves exactly that text",
        "An approval names the hash of what was read; a changed text is another job.");
    snprintf(path, sizeof path, "%s/reviews", m->job_path);
    TRY(await_job(d, m, owner, &job, etag));
    wrong = review_of(job, other);
    right = review_of(job, demo_text_of(job, "source_sha256"));
    call.body = wrong;
    TRY(client_send(owner, d, &call, &reply));
    demo_fact("refused   another hash: %d %s", reply.status,
        demo_text_of(reply.json, "title"));
    if (reply.status != 412) {
        return FAIL(d, ERR_IO, "an approval of another text was answered with %d",
            reply.status);
    }
    call.body = right;
    TRY(client_call(owner, d, &call, &reply));
    demo_fact("approved  %s", demo_text_of(job, "source_sha256"));
    return ERR_OK;
}

enum err
demo_step_run(struct diag *d, struct demo *m)
{
    json_auto_t *job = NULL;
    char etag[128];

    demo_tell(m, "The job runs on the real data",
        "Lua sits in a jail without data. Each price is booked before its answer is "
        "noised.");
    TRY(await_job(d, m, m->people[RESEARCHER].client, &job, etag));
    TRY(expect_state(d, job, "released"));
    demo_fact("%s is %s: this policy lets noisy answers go by themselves", m->job,
        demo_text_of(job, "state"));
    return ERR_OK;
}

static double
number_in(const json_t *answer, const char *key)
{
    return json_number_value(json_object_get(json_object_get(answer, "value"), key));
}

/* The two counts by diagnosis, and what they say together. */
static void
tell_diagnoses(const json_t *outputs)
{
    json_t *seen = json_object_get(outputs, "by_diagnosis"), *v;
    const json_t *back = json_object_get(outputs, "came_back");
    const char *key;

    demo_fact("%-16s %8s %10s %7s", "diagnosis", "persons", "came back", "share");
    json_object_foreach(json_object_get(seen, "value"), key, v)
    {
        double all = number_in(seen, key), again = number_in(back, key);
        demo_fact("%-16s %8.0f %10.0f %6.1f%%", key, all, again,
            all > 0 ? 100 * again / all : 0);
    }
    demo_fact("each count is right to +-%.0f with 95 %% confidence",
        json_number_value(json_object_get(seen, "error95")));
}

enum err
demo_step_result(struct diag *d, struct demo *m)
{
    char path[128], file[128];
    json_auto_t *result = NULL;
    const json_t *outputs;
    BUF_SCOPE(receipt);

    demo_tell(m, "The researcher has the answers, and a signed receipt",
        "Near the truth for a crowd; about no single person do they tell anything "
        "much.");
    snprintf(path, sizeof path, "%s/result", m->job_path);
    TRY(client_get(m->people[RESEARCHER].client, d, path, &result));
    outputs = json_object_get(result, "outputs");
    tell_diagnoses(outputs);
    demo_fact("over 65: %.0f persons, who stay %.2f days (+-%.2f)",
        json_number_value(json_object_get(outputs, "over_65")),
        json_number_value(json_object_get(outputs, "mean_days")),
        json_number_value(json_object_get(outputs, "mean_days_error95")));
    buf_init(&receipt, 1 << 20);
    TRY(json_text(d, json_object_get(result, "receipt"), &receipt));
    return file_replace(
        d, demo_site_path(&m->site, "receipt.json", file), buf_str(&receipt), 0600);
}
