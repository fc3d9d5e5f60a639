/* demo.c -- the whole story on generated hospital data, told step by step. */
#include "datasite/demo.h"

#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/cli.h"
#include "datasite/options.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
demo_release(struct demo *m)
{
    for (size_t i = 0; i < PEOPLE_N; i++)
        client_free(m->people[i].client);
    sodium_memzero(m->people, sizeof m->people);
}
#define DEMO_SCOPE(name) struct demo name __attribute__((cleanup(demo_release)))

static enum err
tell_story(struct diag *d, struct demo *m)
{
    static enum err (*const steps[])(struct diag * d, struct demo * m) = {
        demo_step_people, demo_step_dataset, demo_step_data, demo_step_publish,
        demo_step_project, demo_step_mock_run, demo_step_submit, demo_step_review,
        demo_step_run, demo_step_result, demo_step_receipt, demo_step_budget,
        demo_step_audit};

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
    demo_tell(m, "An empty folder becomes a site",
        "One command starts it: web server, runner of private data, jailed workers.");
    TRY(demo_site_start(d, listen, &m->site));
    demo_fact("$ datasite serve --data %s", m->site.data);
    demo_fact("listening on %s", m->site.url);
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
