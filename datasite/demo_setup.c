/* demo_setup.c -- the demo's first chapter: a site gets people and data. */
#include "datasite/demo.h"

#include "datasite/demo_data.h"

#include <stdio.h>
#include <string.h>

enum err
demo_step_people(struct diag *d, struct demo *m)
{
    struct person *admin = &m->people[ADMIN];

    demo_tell(m, "The first account, then people with different powers",
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
        TRY(demo_keep_id(d, made, p->id, sizeof p->id));
        TRY(client_new(d, m->site.url, &p->client));
        TRY(client_sign_in(p->client, d, p->email, p->password));
    }
    for (int i = 0; i < PEOPLE_N; i++) {
        demo_fact(
            "%-11s %-12s %s", m->people[i].role, m->people[i].name, m->people[i].email);
    }
    return ERR_OK;
}

enum err
demo_step_dataset(struct diag *d, struct demo *m)
{
    json_t *body = demo_schema();

    demo_tell(m, "The owner declares a dataset before any data is there",
        "Columns, bounds, who counts as one person, the privacy budget and the "
        "policy.");
    if (json_object_update_new(body,
            json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s}", "name", DEMO_DATASET,
                "title", "Hospital stays and readmissions", "description",
                "Stays in 50 hospitals; invented for this demo.", "budget", "epsilon",
                DEMO_EPSILON, "delta", "0", "policy", "dp-only")) == -1) {
        json_decref(body);
        return FAIL(d, ERR_INTERNAL, "no memory");
    }
    TRY(client_post(m->people[OWNER].client, d, "/api/v1/datasets", body, NULL));
    demo_fact(
        "unit     patient_id, at most %d stays of one person", DEMO_STAYS_A_PERSON_MAX);
    demo_fact("budget   epsilon " DEMO_EPSILON
              " in all, for everybody and for ever; what answers cost adds up");
    demo_fact("policy   dp-only: noisy answers, one approval, nothing exact leaves");
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
    TRY(send_bytes(
        d, m->people[OWNER].client, DEMO_PATH "/data", buf_str(&bad), &reply));
    if (reply.status != 422)
        return FAIL(d, ERR_IO, "a broken file was answered with %d", reply.status);
    place = json_array_get(json_object_get(reply.json, "errors"), 0);
    demo_fact("a file with a word for a number: %d, %s %s; version 1 stays in force",
        reply.status, demo_text_of(place, "pointer"), demo_text_of(place, "detail"));
    return ERR_OK;
}

enum err
demo_step_data(struct diag *d, struct demo *m)
{
    int64_t rows = 0;
    BUF_SCOPE(csv);
    REPLY_SCOPE(reply);

    demo_tell(m, "The private data go in, encrypted, and stay in",
        "They pass through to a process of their own; the web server keeps no copy.");
    buf_init(&csv, (size_t)64 << 20);
    TRY(demo_csv(d, &csv, &rows));
    TRY(send_bytes(
        d, m->people[OWNER].client, DEMO_PATH "/data", buf_str(&csv), &reply));
    if (reply.status >= 400)
        return problem_fail(d, &reply);
    demo_fact("%lld stays of %d persons, version %lld, SHA-256 %.16s…", (long long)rows,
        DEMO_PERSONS,
        (long long)json_integer_value(json_object_get(reply.json, "version")),
        demo_text_of(reply.json, "sha256"));
    return try_bad_data(d, m, buf_str(&csv));
}

enum err
demo_step_publish(struct diag *d, struct demo *m)
{
    struct client *owner = m->people[OWNER].client;
    char path[160];
    const struct call grant = {.method = "PUT", .path = path, .body = json_object()};
    json_auto_t *empty = grant.body;
    REPLY_SCOPE(reply);

    demo_tell(m, "A mock from the schema alone, publication, and a grant",
        "The mock has the same columns and nothing of the data. One researcher may "
        "ask.");
    TRY(client_post(owner, d, DEMO_PATH "/mock/generation",
        json_pack("{s:i, s:i}", "rows", 500, "seed", 7), NULL));
    TRY(client_post(owner, d, DEMO_PATH "/publication", json_object(), NULL));
    snprintf(path, sizeof path, DEMO_PATH "/grants/%s", m->people[RESEARCHER].id);
    TRY(client_call(owner, d, &grant, &reply));
    demo_fact(
        "500 invented rows; published; granted to %s", m->people[RESEARCHER].name);
    return ERR_OK;
}
