/* client_cli.c -- the researcher's commands: login, pull, submit, status, result. */
#include "datasite/cli.h"
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/credentials.h"
#include "datasite/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES  512
#define WAIT_STEP_S 30

/* A path of the API around one part that a person typed. */
static enum err
path_with(struct diag *d, const char *before, const char *part, const char *after,
    char out[PATH_BYTES])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-.";

    if (part[0] == '\0' || part[0] == '.' || part[strspn(part, plain)] != '\0' ||
        snprintf(out, PATH_BYTES, "%s%s%s", before, part, after) >= PATH_BYTES)
        return FAIL(d, ERR_INVALID, "\"%s\" is no name or id", part);
    return ERR_OK;
}

/* login */

static enum err
new_token(struct diag *d, struct client *c, int64_t days, json_t **out)
{
    char host[256] = "", name[300];
    json_t *body;

    if (gethostname(host, sizeof host - 1) == -1)
        host[0] = '\0';
    snprintf(name, sizeof name, "datasite client on %s", host);
    body = json_pack("{s:s, s:[s,s,s,s,s,s,s], s:I}", "name", name, "scopes",
        "datasets:read", "budgets:read", "projects:read", "projects:write", "jobs:read",
        "jobs:write", "results:read", "expires_in_days", (json_int_t)days);
    return client_post(c, d, "/api/v1/tokens", body, out);
}

static enum err
log_in(struct diag *d, struct client *c, const char *email, const char *password,
    int64_t days)
{
    json_auto_t *made = NULL;
    const char *token = NULL;

    TRY(client_sign_in(c, d, email, password));
    TRY(new_token(d, c, days, &made));
    TRY(json_take(d, made, "{s:s}", "token", &token));
    TRY(credentials_save(d, client_url(c), email, token));
    printf("Signed in to %s as %s. The token works for %lld days.\n", client_url(c),
        email, (long long)days);
    return ERR_OK;
}

enum err
cmd_login(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *email = NULL, *days_text = "30";
    char typed[256], password[PASSWORD_BYTES_MAX + 2];
    struct words words = {.name = "URL"};
    int64_t days;
    enum err result;
    const struct opt opts[] = {
        {.name = "--email", .value = &email}, {.name = "--days", .value = &days_text}};
    CLIENT_SCOPE(c);

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    if (!str_fixed(str_of(days_text), 0, &days) || days < 1 || days > 366)
        return FAIL(d, ERR_INVALID, "--days is 1 to 366");
    TRY(client_new(d, words.word[0], &c)); /* before a secret is asked for */
    if (email == NULL) {
        TRY(ask_line(d, "e-mail: ", false, typed, sizeof typed));
        email = typed;
    }
    TRY(ask_line(d, "password: ", true, password, sizeof password));
    result = log_in(d, c, email, password, days);
    explicit_bzero(password, sizeof password);
    return result;
}

/* pull */

static enum err
write_in(struct diag *d, const char *dir, const char *name, struct str bytes)
{
    char path[PATH_BYTES];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return FAIL(d, ERR_INVALID, "%s: the path is too long", dir);
    TRY(file_replace(d, path, bytes, 0644));
    printf("%s\n", path);
    return ERR_OK;
}

/* The members of a dataset that `run --mock` and `check` read. */
static enum err
schema_text(struct diag *d, json_t *dataset, struct buf *out)
{
    json_t *unit = NULL, *columns = NULL;
    json_auto_t *schema = NULL;

    TRY(json_take(d, dataset, "{s:o, s:o}", "unit", &unit, "columns", &columns));
    schema = json_pack("{s:O, s:O}", "unit", unit, "columns", columns);
    TRY(json_text(d, schema, out));
    buf_addz(out, "\n");
    return ERR_OK;
}

enum err
cmd_pull(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL;
    char path[PATH_BYTES];
    struct words words = {.name = "DATASET"};
    json_auto_t *dataset = NULL;
    const struct opt opts[] = {{.name = "--to", .value = &dir}};
    CLIENT_SCOPE(c);
    REPLY_SCOPE(mock);
    BUF_SCOPE(schema);

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    TRY(credentials_client(d, &c));
    TRY(path_with(d, "/api/v1/datasets/", words.word[0], "", path));
    TRY(client_get(c, d, path, &dataset));
    TRY(path_with(d, "/api/v1/datasets/", words.word[0], "/mock", path));
    TRY(client_call(c, d, &(struct call){.method = "GET", .path = path}, &mock));
    buf_init(&schema, BODY_BYTES_MAX);
    TRY(schema_text(d, dataset, &schema));
    dir = dir == NULL ? words.word[0] : dir;
    if (mkdir(dir, 0777) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", dir, strerror(errno));
    TRY(write_in(d, dir, "schema.json", buf_str(&schema)));
    return write_in(d, dir, "mock.csv", buf_str(&mock.body));
}

/* Showing a job */

static const char *
text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text == NULL ? "" : text;
}

static void
print_job(const json_t *job)
{
    json_t *failure = json_object_get(job, "failure"), *row;
    size_t i;

    printf("%s  %s, waiting on %s  %s\n", text_of(job, "id"), text_of(job, "state"),
        text_of(job, "waiting_on"), text_of(job, "title"));
    json_array_foreach(json_object_get(job, "requirements"), i, row)
    {
        printf("  %s %s%s", json_is_true(json_object_get(row, "met")) ? "ok  " : "not ",
            text_of(row, "name"), text_of(row, "detail")[0] == '\0' ? "" : ": ");
        cli_put_plain(stdout, text_of(row, "detail")); /* a script's words, too */
        putchar('\n');
    }
    if (json_is_object(failure)) {
        printf("  failed: %s ", text_of(failure, "kind"));
        cli_put_plain(stdout, text_of(failure, "text"));
        putchar('\n');
    }
}

/* Whether the job's state says that there will be no result. */
static enum answer
answer_of(const char *state)
{
    static const char *const ended[] = {"blocked", "changes_requested", "rejected",
        "failed", "withheld", "withdrawn", "cancelled", "revoked", "expired"};

    for (size_t i = 0; i < ARRAY_N(ended); i++) {
        if (strcmp(state, ended[i]) == 0)
            return ANSWER_NO;
    }
    return ANSWER_YES;
}

/* Fetches the job, and waits while it waits on the system. */
static enum err
follow_job(struct diag *d, struct client *c, const char *id, bool wait, json_t **out)
{
    char path[PATH_BYTES], etag[128] = "";

    TRY(path_with(d, "/api/v1/jobs/", id, "", path));
    for (;;) {
        const struct call call = {.method = "GET",
            .path = path,
            .if_none_match = etag,
            .wait_s = etag[0] == '\0' ? 0 : WAIT_STEP_S};
        REPLY_SCOPE(reply);
        TRY(client_call(c, d, &call, &reply));
        if (reply.status == 304)
            continue;
        if (!wait || strcmp(text_of(reply.json, "waiting_on"), "system") != 0) {
            *out = json_incref(reply.json);
            return ERR_OK;
        }
        memcpy(etag, reply.etag, sizeof etag);
    }
}

static enum err
show_job(
    struct diag *d, struct client *c, const char *id, bool wait, enum answer *answer)
{
    json_auto_t *job = NULL;

    TRY(follow_job(d, c, id, wait, &job));
    print_job(job);
    *answer = answer_of(text_of(job, "state"));
    return ERR_OK;
}

/* submit */

struct submission {
    const char *dataset, *project, *purpose, *title, *question, *lane, *epsilon, *delta;
    struct words outputs;
    bool wait;
};

/* The project that was named, else the only one with the dataset, else a new one. */
static enum err
choose_project(
    struct diag *d, struct client *c, const struct submission *s, json_t **out)
{
    json_auto_t *list = NULL;
    json_t *project, *name, *found = NULL;
    size_t i, k;

    if (s->project != NULL) {
        *out = json_string(s->project);
        return ERR_OK;
    }
    if (s->purpose != NULL) {
        json_auto_t *made = NULL;
        TRY(client_post(c, d, "/api/v1/projects",
            json_pack("{s:s, s:s, s:[s]}", "title", s->title, "purpose", s->purpose,
                "datasets", s->dataset),
            &made));
        *out = json_incref(json_object_get(made, "id"));
        return ERR_OK;
    }
    TRY(client_get(c, d, "/api/v1/projects?limit=200", &list));
    json_array_foreach(json_object_get(list, "items"), i, project)
    {
        json_array_foreach(json_object_get(project, "datasets"), k, name)
        {
            if (strcmp(json_string_value(name), s->dataset) != 0)
                continue;
            if (found != NULL) {
                return FAIL(d, ERR_INVALID,
                    "more than one of your projects uses %s: say --project ID",
                    s->dataset);
            }
            found = json_object_get(project, "id");
        }
    }
    if (found == NULL) {
        return FAIL(d, ERR_INVALID,
            "none of your projects uses %s: say --purpose TEXT to make one",
            s->dataset);
    }
    *out = json_incref(found);
    return ERR_OK;
}

/* "name=description" as the API has it. */
static json_t *
outputs_json(const struct words *outputs)
{
    json_t *list = json_array();

    for (size_t i = 0; i < outputs->n; i++) {
        const char *word = outputs->word[i];
        size_t n = strcspn(word, "=");
        json_array_append_new(list,
            json_pack("{s:s%, s:s}", "name", word, n, "description",
                word[n] == '\0' ? "" : word + n + 1));
    }
    return list;
}

static enum err
submit(struct diag *d, struct client *c, const struct submission *s, struct str source,
    enum answer *answer)
{
    json_auto_t *project = NULL, *job = NULL;
    json_t *body, *budget;

    TRY(choose_project(d, c, s, &project));
    budget = s->delta == NULL
        ? json_pack("{s:s}", "epsilon", s->epsilon)
        : json_pack("{s:s, s:s}", "epsilon", s->epsilon, "delta", s->delta);
    body = json_pack("{s:O, s:s, s:s, s:s, s:s%, s:s, s:o, s:o}", "project", project,
        "dataset", s->dataset, "title", s->title, "question", s->question, "source",
        source.ptr, source.len, "lane", s->lane, "max_budget", budget, "outputs",
        outputs_json(&s->outputs));
    TRY(client_post(c, d, "/api/v1/jobs", body, &job));
    return show_job(d, c, text_of(job, "id"), s->wait, answer);
}

enum err
cmd_submit(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct submission s = {.question = "", .lane = "dp"};
    struct words words = {.name = "JOB.lua"};
    const char *slash;
    const struct opt opts[] = {
        {.name = "--dataset", .value = &s.dataset},
        {.name = "--project", .value = &s.project},
        {.name = "--purpose", .value = &s.purpose},
        {.name = "--title", .value = &s.title},
        {.name = "--question", .value = &s.question},
        {.name = "--lane", .value = &s.lane},
        {.name = "--epsilon", .value = &s.epsilon},
        {.name = "--delta", .value = &s.delta},
        {.name = "--output", .list = &s.outputs},
        {.name = "--wait", .flag = &s.wait},
    };
    CLIENT_SCOPE(c);
    BUF_SCOPE(source);

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    if (s.dataset == NULL || s.epsilon == NULL) {
        return FAIL(d, ERR_INVALID,
            "say --dataset NAME and --epsilon E, the most that "
            "the job may spend");
    }
    slash = strrchr(words.word[0], '/');
    if (s.title == NULL)
        s.title = slash == NULL ? words.word[0] : slash + 1;
    buf_init(&source, SOURCE_BYTES_MAX);
    TRY(file_read(d, words.word[0], &source));
    TRY(credentials_client(d, &c));
    return submit(d, c, &s, buf_str(&source), answer);
}

/* status */

static enum err
jobs_of(struct diag *d, struct client *c, json_t **out)
{
    return client_get(c, d, "/api/v1/jobs?limit=200", out);
}

/* Until none of them waits on the system. */
static enum err
follow_all(struct diag *d, struct client *c)
{
    json_auto_t *list = NULL;
    json_t *job;
    size_t i;

    TRY(jobs_of(d, c, &list));
    json_array_foreach(json_object_get(list, "items"), i, job)
    {
        json_auto_t *seen = NULL;
        TRY(follow_job(d, c, text_of(job, "id"), true, &seen));
    }
    return ERR_OK;
}

static enum err
show_jobs(struct diag *d, struct client *c, bool wait)
{
    json_auto_t *list = NULL;
    json_t *job;
    size_t i;

    if (wait)
        TRY(follow_all(d, c));
    TRY(jobs_of(d, c, &list));
    json_array_foreach(json_object_get(list, "items"), i, job)
    {
        printf("%s  %-18s %s\n", text_of(job, "id"), text_of(job, "state"),
            text_of(job, "title"));
    }
    if (json_array_size(json_object_get(list, "items")) == 0)
        fprintf(stderr, "no jobs yet; `datasite submit JOB.lua` hands one in\n");
    return ERR_OK;
}

enum err
cmd_status(struct diag *d, int argc, char **argv, enum answer *answer)
{
    bool wait = false;
    struct words words;
    const struct opt opts[] = {{.name = "--wait", .flag = &wait}};
    CLIENT_SCOPE(c);

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 1, &words));
    TRY(credentials_client(d, &c));
    if (words.n == 1)
        return show_job(d, c, words.word[0], wait, answer);
    *answer = ANSWER_YES;
    return show_jobs(d, c, wait);
}

/* result */

static enum err
save_receipt(struct diag *d, const json_t *result, const char *path)
{
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    TRY(json_text(d, json_object_get(result, "receipt"), &text));
    return file_replace(d, path, buf_str(&text), 0644);
}

enum err
cmd_result(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *receipt = NULL;
    char path[PATH_BYTES];
    struct words words = {.name = "JOB"};
    const struct opt opts[] = {{.name = "--receipt", .value = &receipt}};
    CLIENT_SCOPE(c);
    REPLY_SCOPE(reply);

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    TRY(credentials_client(d, &c));
    TRY(path_with(d, "/api/v1/jobs/", words.word[0], "/result", path));
    TRY(client_send(c, d, &(struct call){.method = "GET", .path = path}, &reply));
    if (reply.status == 409) {
        fprintf(stderr, "datasite result: %s\n", text_of(reply.json, "detail"));
        *answer = ANSWER_NO;
        return ERR_OK;
    }
    if (reply.status >= 400)
        return problem_fail(d, &reply);
    if (receipt != NULL)
        TRY(save_receipt(d, reply.json, receipt));
    json_dumpf(reply.json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    *answer = ANSWER_YES;
    return ERR_OK;
}
