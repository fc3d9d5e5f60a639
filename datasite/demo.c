/* demo.c -- the whole story on generated hospital data, told step by step.
 *
 * Everything goes through the real programs: this process is a client like any other,
 * and its server, runner and workers are those of `datasite serve`. */
#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/base/fdio.h"
#include "datasite/cli.h"
#include "datasite/client.h"
#include "datasite/demo_data.h"
#include "datasite/demo_site.h"
#include "datasite/options.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATASET        "readmissions"
#define PATIENCE_STEPS 12
#define WAIT_STEP_S    10

static const char source[] =
    "-- Who comes back within 30 days, and how long do people over 65 stay?\n"
    "local stays = site.open \"" DATASET "\"\n"
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
    "print(\"over 65:\", n.value, \"+-\", n.error95)\n"
    "return { over_65 = n.value, mean_days = days.value, mean_days_error95 = "
    "days.error95,\n"
    "         by_diagnosis = seen, came_back = back }\n";

struct person {
    const char *role, *email, *name;
    char password[24], id[64];
    struct client *client;
};

enum {
    ADMIN,
    OWNER,
    RESEARCHER,
    PEOPLE_N
};

struct demo {
    struct demo_site site;
    struct person people[PEOPLE_N];
    char project[64], job[64], job_path[96];
    int step;
    bool bold;
};

static void
demo_release(struct demo *m)
{
    for (size_t i = 0; i < PEOPLE_N; i++)
        client_free(m->people[i].client);
    sodium_memzero(m->people, sizeof m->people);
}
#define DEMO_SCOPE(name) struct demo name __attribute__((cleanup(demo_release)))

/* Telling */

/* A step has a heading, what it means in a line, and facts. */
static void
tell(struct demo *m, const char *heading, const char *meaning)
{
    m->step++;
    printf("\n%s%2d  %s%s\n    %s\n", m->bold ? "\033[1m" : "", m->step, heading,
        m->bold ? "\033[0m" : "", meaning);
    fflush(stdout);
}

static void fact(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void
fact(const char *fmt, ...)
{
    va_list ap;

    fputs("      ", stdout);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

static void
tell_text(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        printf("      | %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static const char *
text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text == NULL ? "" : text;
}

/* A value of any kind, short. */
static void
tell_value(const char *name, const json_t *v)
{
    struct diag d = {0};
    BUF_SCOPE(text);

    buf_init(&text, 1 << 20);
    if (v != NULL && json_text(&d, v, &text) == ERR_OK) {
        fact("%-18s %.*s%s", name, text.len > 320 ? 320 : (int)text.len, text.ptr,
            text.len > 320 ? " …" : "");
    }
}

/* Calls */

static enum err
keep_id(struct diag *d, const json_t *made, char *out, size_t size)
{
    const char *id = text_of(made, "id");

    if (id[0] == '\0' || snprintf(out, size, "%s", id) >= (int)size)
        return FAIL(d, ERR_IO, "the server made something without an id");
    return ERR_OK;
}

static enum err
send_bytes(struct diag *d, struct client *c, const char *path, struct str csv,
    struct reply_in *out)
{
    const struct call call = {
        .method = "PUT", .path = path, .bytes = csv, .type = "text/csv"};

    return client_send(c, d, &call, out);
}

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
        if (strcmp(text_of(reply.json, "waiting_on"), "system") != 0) {
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

    if (strcmp(text_of(job, "state"), state) == 0)
        return ERR_OK;
    json_array_foreach(json_object_get(job, "requirements"), i, row)
    {
        if (!json_is_true(json_object_get(row, "met")))
            fact("not met: %s %s", text_of(row, "name"), text_of(row, "detail"));
    }
    return FAIL(d, ERR_IO, "the job is %s, not %s: %s %s", text_of(job, "state"), state,
        text_of(failure, "kind"), text_of(failure, "text"));
}

/* Steps */

static enum err
step_people(struct diag *d, struct demo *m)
{
    struct person *admin = &m->people[ADMIN];

    tell(m, "The first account, then people with different powers",
        "The link that the server printed works once. After it, an administrator "
        "invites.");
    TRY(client_new(d, m->site.url, &admin->client));
    TRY(client_post(admin->client, d, "/api/v1/setup",
        json_pack("{s:s, s:s, s:s, s:s}", "token", m->site.setup_token, "email",
            admin->email, "name", admin->name, "password", admin->password),
        NULL));
    TRY(client_sign_in(admin->client, d, admin->email, admin->password));
    for (int i = OWNER; i < PEOPLE_N; i++) {
        struct person *p = &m->people[i];
        json_auto_t *made = NULL;
        TRY(client_post(admin->client, d, "/api/v1/users",
            json_pack("{s:s, s:s, s:[s], s:s}", "email", p->email, "name", p->name,
                "roles", p->role, "password", p->password),
            &made));
        TRY(keep_id(d, made, p->id, sizeof p->id));
        TRY(client_new(d, m->site.url, &p->client));
        TRY(client_sign_in(p->client, d, p->email, p->password));
    }
    for (int i = 0; i < PEOPLE_N; i++) {
        fact(
            "%-11s %-12s %s", m->people[i].role, m->people[i].name, m->people[i].email);
    }
    return ERR_OK;
}

static enum err
step_dataset(struct diag *d, struct demo *m)
{
    json_t *body = demo_schema();

    tell(m, "The owner declares a dataset before any data is there",
        "Columns, bounds, who counts as one person, the privacy budget and the "
        "policy.");
    if (json_object_update_new(body,
            json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s}", "name", DATASET, "title",
                "Hospital stays and readmissions", "description",
                "Stays in 50 hospitals; invented for this demo.", "budget", "epsilon",
                "3", "delta", "0.000001", "policy", "dp-only")) == -1) {
        json_decref(body);
        return FAIL(d, ERR_INTERNAL, "no memory");
    }
    TRY(client_post(m->people[OWNER].client, d, "/api/v1/datasets", body, NULL));
    fact(
        "unit     patient_id, at most %d stays of one person", DEMO_STAYS_A_PERSON_MAX);
    fact("budget   epsilon 3, delta 0.000001, for everybody and for ever");
    fact("policy   dp-only: noisy answers, one approval, nothing exact leaves");
    return ERR_OK;
}

/* One bad field in the second row: the whole file is refused, with the place. */
static enum err
try_bad_data(struct diag *d, struct demo *m, struct str csv)
{
    const char *second = memchr(csv.ptr, '\n', csv.len);
    json_t *place;
    BUF_SCOPE(bad);
    REPLY_SCOPE(reply);

    buf_init(&bad, 4096);
    buf_add(&bad, csv.ptr, (size_t)(second - csv.ptr) + 1);
    buf_addz(&bad, "P000001,H01,fifty,female,surgery,injury,3,40,9,101.5,false\n");
    TRY(send_bytes(d, m->people[OWNER].client, "/api/v1/datasets/" DATASET "/data",
        buf_str(&bad), &reply));
    if (reply.status != 422)
        return FAIL(d, ERR_IO, "a broken file was answered with %d", reply.status);
    place = json_array_get(json_object_get(reply.json, "errors"), 0);
    fact("a file with a word where a number belongs: %d, %s: %s", reply.status,
        text_of(place, "pointer"), text_of(place, "detail"));
    return ERR_OK;
}

static enum err
step_data(struct diag *d, struct demo *m)
{
    int64_t rows = 0;
    BUF_SCOPE(csv);
    REPLY_SCOPE(reply);

    tell(m, "The private data go in, encrypted, and stay in",
        "They pass through to a process of their own; the web server keeps no copy.");
    buf_init(&csv, (size_t)64 << 20);
    TRY(demo_csv(d, &csv, &rows));
    TRY(try_bad_data(d, m, buf_str(&csv)));
    TRY(send_bytes(d, m->people[OWNER].client, "/api/v1/datasets/" DATASET "/data",
        buf_str(&csv), &reply));
    if (reply.status >= 400)
        return problem_fail(d, &reply);
    fact("%lld stays of %d persons, version %lld, SHA-256 %.16s…", (long long)rows,
        DEMO_PERSONS,
        (long long)json_integer_value(json_object_get(reply.json, "version")),
        text_of(reply.json, "sha256"));
    return ERR_OK;
}

static enum err
step_publish(struct diag *d, struct demo *m)
{
    struct client *owner = m->people[OWNER].client;
    char path[160];
    const struct call grant = {.method = "PUT", .path = path, .body = json_object()};
    json_auto_t *empty = grant.body;
    REPLY_SCOPE(reply);

    tell(m, "A mock from the schema alone, publication, and a grant",
        "The mock has the same columns and nothing of the data. One researcher may "
        "ask.");
    TRY(client_post(owner, d, "/api/v1/datasets/" DATASET "/mock/generation",
        json_pack("{s:i, s:i}", "rows", 500, "seed", 7), NULL));
    TRY(client_post(
        owner, d, "/api/v1/datasets/" DATASET "/publication", json_object(), NULL));
    snprintf(path, sizeof path, "/api/v1/datasets/" DATASET "/grants/%s",
        m->people[RESEARCHER].id);
    TRY(client_call(owner, d, &grant, &reply));
    fact("500 invented rows; published; granted to %s", m->people[RESEARCHER].name);
    return ERR_OK;
}

static enum err
step_project(struct diag *d, struct demo *m)
{
    struct client *c = m->people[RESEARCHER].client;
    const struct call get = {
        .method = "GET", .path = "/api/v1/datasets/" DATASET "/mock"};
    json_auto_t *made = NULL;
    REPLY_SCOPE(mock);

    tell(m, "The researcher states a purpose and looks at the mock",
        "This is all that a researcher ever sees of a dataset's rows.");
    TRY(client_post(c, d, "/api/v1/projects",
        json_pack("{s:s, s:s, s:[s]}", "title", "Readmission after discharge",
            "purpose", "Find out which diagnoses need better follow-up care",
            "datasets", DATASET),
        &made));
    TRY(keep_id(d, made, m->project, sizeof m->project));
    TRY(client_call(c, d, &get, &mock));
    for (int i = 0; i < 3 && mock.body.len > 0; i++) {
        const char *line = buf_str(&mock.body).ptr;
        for (int k = 0; k < i; k++)
            line = strchr(line, '\n') == NULL ? "" : strchr(line, '\n') + 1;
        fact("%.*s", (int)strcspn(line, "\r\n"), line);
    }
    return ERR_OK;
}

static enum err
step_mock_run(struct diag *d, struct demo *m)
{
    json_auto_t *run = NULL;
    json_t *failure;

    tell(m, "A job is a short Lua program; it is tried on the mock first",
        "Same sandbox, same checks, same prices as later. It costs nothing.");
    tell_text(source);
    TRY(client_post(m->people[RESEARCHER].client, d, "/api/v1/mock_runs",
        json_pack(
            "{s:s, s:s, s:s}", "dataset", DATASET, "source", source, "lane", "dp"),
        &run));
    failure = json_object_get(run, "failure");
    if (!json_is_true(json_object_get(run, "ok"))) {
        return FAIL(d, ERR_SANDBOX, "the mock run failed: %s %s",
            text_of(failure, "kind"), text_of(failure, "text"));
    }
    tell_value("on the mock", json_object_get(run, "outputs"));
    return ERR_OK;
}

static enum err
step_submit(struct diag *d, struct demo *m)
{
    struct client *c = m->people[RESEARCHER].client;
    json_auto_t *made = NULL, *job = NULL;
    json_t *row;
    char etag[128];
    size_t i;

    tell(m, "The job is handed in, and checks run by themselves",
        "It waits for the owner only when it parses, hides nothing, and its price "
        "fits.");
    TRY(client_post(c, d, "/api/v1/jobs",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:[{s:s, s:s}, "
                  "{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}",
            "project", m->project, "dataset", DATASET, "title",
            "Stays and readmissions by diagnosis", "question",
            "Which diagnoses bring people back within 30 days?", "source", source,
            "lane", "dp", "max_budget", "epsilon", "0.7", "outputs", "name", "over_65",
            "description", "persons over 65", "name", "mean_days", "description",
            "mean stay over 65", "name", "mean_days_error95", "description",
            "how far off the mean stay may be", "name", "by_diagnosis", "description",
            "persons by diagnosis", "name", "came_back", "description",
            "readmissions by diagnosis"),
        &made));
    TRY(keep_id(d, made, m->job, sizeof m->job));
    snprintf(m->job_path, sizeof m->job_path, "/api/v1/jobs/%s", m->job);
    TRY(await_job(d, m, c, &job, etag));
    TRY(expect_state(d, job, "in_review"));
    json_array_foreach(json_object_get(job, "requirements"), i, row)
    {
        fact("ok  %-16s %s", text_of(row, "name"), text_of(row, "detail"));
    }
    fact("%s is %s", m->job, text_of(job, "state"));
    return ERR_OK;
}

static json_t *
review_of(const json_t *job, const char *sha256)
{
    return json_pack("{s:I, s:s, s:s, s:s}", "version",
        json_integer_value(json_object_get(job, "version")), "source_sha256", sha256,
        "decision", "approve", "comment", "Useful, and well within the budget.");
}

static enum err
step_review(struct diag *d, struct demo *m)
{
    static const char other[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    struct client *owner = m->people[OWNER].client;
    json_auto_t *job = NULL, *wrong = NULL, *right = NULL;
    char path[128], etag[128] = "";
    struct call call = {.method = "POST", .path = path, .if_match = etag};
    REPLY_SCOPE(reply);

    tell(m, "The owner reads the code and approves exactly that text",
        "An approval names the hash of what was read; a changed text is another job.");
    snprintf(path, sizeof path, "%s/reviews", m->job_path);
    TRY(await_job(d, m, owner, &job, etag));
    wrong = review_of(job, other);
    right = review_of(job, text_of(job, "source_sha256"));
    call.body = wrong;
    TRY(client_send(owner, d, &call, &reply));
    fact("approval of another hash: %d %s", reply.status, text_of(reply.json, "title"));
    if (reply.status != 412) {
        return FAIL(d, ERR_IO, "an approval of another text was answered with %d",
            reply.status);
    }
    call.body = right;
    TRY(client_call(owner, d, &call, &reply));
    fact("approved  %s", text_of(job, "source_sha256"));
    return ERR_OK;
}

static enum err
step_run(struct diag *d, struct demo *m)
{
    json_auto_t *job = NULL;
    char etag[128];

    tell(m, "The job runs on the real data",
        "Lua sits in a jail without data. Each price is booked before its answer is "
        "noised.");
    TRY(await_job(d, m, m->people[RESEARCHER].client, &job, etag));
    TRY(expect_state(d, job, "released"));
    fact("%s is %s", m->job, text_of(job, "state"));
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

    fact("%-16s %8s %10s %7s", "diagnosis", "persons", "came back", "share");
    json_object_foreach(json_object_get(seen, "value"), key, v)
    {
        double all = number_in(seen, key), again = number_in(back, key);
        fact("%-16s %8.0f %10.0f %6.1f%%", key, all, again,
            all > 0 ? 100 * again / all : 0);
    }
    fact("each count is right to +-%.0f with 95 %% confidence",
        json_number_value(json_object_get(seen, "error95")));
}

static enum err
step_result(struct diag *d, struct demo *m)
{
    char path[128], file[128];
    json_auto_t *result = NULL;
    const json_t *outputs;
    BUF_SCOPE(receipt);

    tell(m, "The researcher has the answers, and a signed receipt",
        "Near the truth for a crowd; about no single person do they tell anything "
        "much.");
    snprintf(path, sizeof path, "%s/result", m->job_path);
    TRY(client_get(m->people[RESEARCHER].client, d, path, &result));
    outputs = json_object_get(result, "outputs");
    tell_diagnoses(outputs);
    fact("over 65: %.0f persons, who stay %.2f days (+-%.2f)",
        json_number_value(json_object_get(outputs, "over_65")),
        json_number_value(json_object_get(outputs, "mean_days")),
        json_number_value(json_object_get(outputs, "mean_days_error95")));
    buf_init(&receipt, 1 << 20);
    TRY(json_text(d, json_object_get(result, "receipt"), &receipt));
    return file_replace(
        d, demo_site_path(&m->site, "receipt.json", file), buf_str(&receipt), 0600);
}

/* The site's key, as anybody may fetch it. */
static enum err
fetch_key(struct diag *d, struct demo *m, char path[128])
{
    json_auto_t *site = NULL;

    TRY(client_get(m->people[RESEARCHER].client, d, "/.well-known/datasite", &site));
    return file_replace(d, demo_site_path(&m->site, "site.pub", path),
        str_of(text_of(site, "key")), 0644);
}

/* Changes one digit of the receipt's text. */
static enum err
tamper(struct diag *d, const char *from, const char *to)
{
    char *digit;
    BUF_SCOPE(text);

    buf_init(&text, 1 << 20);
    TRY(file_read(d, from, &text));
    digit = strpbrk(text.ptr, "12345678");
    if (digit == NULL)
        return FAIL(d, ERR_IO, "the receipt has no digit to change");
    ++*digit;
    return file_replace(d, to, buf_str(&text), 0600);
}

/* Runs a command of this program as anybody would, and expects its answer. */
static enum err
expect(struct diag *d, char *const *argv, enum answer want)
{
    int code = 0;

    fputs("      $ datasite", stdout);
    for (size_t i = 1; argv[i] != NULL; i++)
        printf(" %s", argv[i]);
    putchar('\n');
    TRY(demo_command(d, argv, "        ", &code));
    if (code != (int)want)
        return FAIL(d, ERR_IO, "that command ended with %d, not %d", code, (int)want);
    return ERR_OK;
}

static enum err
verify(struct diag *d, char *receipt, char *key, enum answer want)
{
    char self[] = "datasite", command[] = "verify", option[] = "--key";

    return expect(d, (char *const[]){self, command, receipt, option, key, NULL}, want);
}

static enum err
step_receipt(struct diag *d, struct demo *m)
{
    char receipt[128], changed[128], key[128];

    tell(m, "Anybody can check the receipt without the server",
        "It names code, data, policy, prices and result. One changed digit and it "
        "fails.");
    demo_site_path(&m->site, "receipt.json", receipt);
    demo_site_path(&m->site, "tampered.json", changed);
    TRY(fetch_key(d, m, key));
    TRY(verify(d, receipt, key, ANSWER_YES));
    TRY(tamper(d, receipt, changed));
    return verify(d, changed, key, ANSWER_NO);
}

static enum err
step_budget(struct diag *d, struct demo *m)
{
    struct client *owner = m->people[OWNER].client;
    json_auto_t *budget = NULL, *ledger = NULL;
    json_t *row;
    size_t i;

    tell(m, "What it cost, entry by entry",
        "What was reserved and not used came back; what was answered is spent for "
        "good.");
    TRY(client_get(owner, d, "/api/v1/datasets/" DATASET "/budget", &budget));
    TRY(client_get(owner, d, "/api/v1/datasets/" DATASET "/ledger?limit=50", &ledger));
    json_array_foreach(json_object_get(ledger, "items"), i, row)
    {
        fact("%3lld  %-8s %-8s %-12s %s",
            (long long)json_integer_value(json_object_get(row, "seq")),
            text_of(row, "kind"), text_of(row, "epsilon"), text_of(row, "rho"),
            text_of(row, "mechanism"));
    }
    fact("epsilon %s: spent %s, reserved %s, free %s", text_of(budget, "epsilon"),
        text_of(budget, "spent"), text_of(budget, "reserved"), text_of(budget, "free"));
    return ERR_OK;
}

static enum err
step_audit(struct diag *d, struct demo *m)
{
    char self[] = "datasite", command[] = "audit", verb[] = "verify",
         option[] = "--data";

    tell(m, "Every act stands in a chain that cannot be edited unseen",
        "Each entry holds the hash of the one before it.");
    return expect(d, (char *const[]){self, command, verb, option, m->site.data, NULL},
        ANSWER_YES);
}

static enum err
tell_story(struct diag *d, struct demo *m)
{
    static enum err (*const steps[])(struct diag * d, struct demo * m) = {step_people,
        step_dataset, step_data, step_publish, step_project, step_mock_run, step_submit,
        step_review, step_run, step_result, step_receipt, step_budget, step_audit};

    for (size_t i = 0; i < ARRAY_N(steps); i++) {
        if (demo_site_ended())
            return FAIL(d, ERR_IO, "ended before the story was over");
        TRY(steps[i](d, m));
    }
    return ERR_OK;
}

/* Beginning and end */

static void
invent_people(struct demo *m)
{
    static const struct person cast[PEOPLE_N] = {
        [ADMIN] = {.role = "admin", .email = "ada@demo.example", .name = "Ada Admin"},
        [OWNER] = {.role = "owner",
            .email = "olive@demo.example",
            .name = "Olive Owner"},
        [RESEARCHER] = {.role = "researcher",
            .email = "rafa@demo.example",
            .name = "Rafa Reader"},
    };
    uint8_t random[15];

    for (int i = 0; i < PEOPLE_N; i++) {
        m->people[i] = cast[i];
        randombytes_buf(random, sizeof random);
        base64url_text(random, sizeof random, m->people[i].password);
    }
}

static void
tell_how_to_sign_in(const struct demo *m)
{
    printf("\nThe site goes on serving at  %s\n\n", m->site.url);
    for (int i = 0; i < PEOPLE_N; i++) {
        printf("    %-11s %-20s %s\n", m->people[i].role, m->people[i].email,
            m->people[i].password);
    }
    printf("\nThe passwords were made up just now. Ctrl-C ends the demo and removes "
           "its folder.\n");
    fflush(stdout);
}

static enum err
run_demo(struct diag *d, struct demo *m, const char *listen, bool leave)
{
    m->bold = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    invent_people(m);
    tell(m, "An empty folder becomes a site",
        "One command starts it: web server, runner of private data, jailed workers.");
    TRY(demo_site_start(d, listen, &m->site));
    fact("$ datasite serve --data %s", m->site.data);
    fact("listening on %s", m->site.url);
    TRY(tell_story(d, m));
    if (leave) {
        printf("\nThat was the whole story. Without --exit the site would go on.\n");
        return ERR_OK;
    }
    tell_how_to_sign_in(m);
    return demo_site_serve(d, &m->site);
}

enum err
cmd_demo(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *listen = "127.0.0.1:0";
    bool leave = false;
    struct words words;
    enum err result;
    DEMO_SCOPE(m) = {.step = 0};
    const struct opt opts[] = {
        {.name = "--listen", .value = &listen}, {.name = "--exit", .flag = &leave}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 0, &words));
    result = run_demo(d, &m, listen, leave);
    /* After a failure the folder stays: its log says more. */
    demo_site_stop(&m.site, result == ERR_OK || demo_site_ended());
    return result;
}
