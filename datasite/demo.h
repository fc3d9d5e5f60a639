/* demo.h -- the demo's cast, its steps, and how they are told.
 *
 * Everything goes through the real programs: the demo is a client like any other, and its
 * server, runner and workers are those of `datasite serve`. */
#ifndef DATASITE_DEMO_H
#define DATASITE_DEMO_H

#include "datasite/client.h"
#include "datasite/demo_site.h"

#define DEMO_DATASET "readmissions"
#define DEMO_PATH    "/api/v1/datasets/" DEMO_DATASET
#define DEMO_EPSILON "3" /* the dataset's budget */

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

/* demo_setup.c: a site gets people and data. */
enum err demo_step_people(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_dataset(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_data(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_publish(struct diag *d, struct demo *m) NODISCARD;
/* demo_job.c: a question becomes an answer. */
enum err demo_step_project(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_mock_run(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_submit(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_review(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_run(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_result(struct diag *d, struct demo *m) NODISCARD;
/* demo_proof.c: what anybody can check afterwards. */
enum err demo_step_receipt(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_budget(struct diag *d, struct demo *m) NODISCARD;
enum err demo_step_audit(struct diag *d, struct demo *m) NODISCARD;

/* A step has a heading, what it means in a line, and facts. */
void demo_tell(struct demo *m, const char *heading, const char *meaning);
void demo_fact(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void demo_tell_text(const char *text); /* a program, line by line */

/* A member that is text, "" where there is none. */
const char *demo_text_of(const json_t *o, const char *key);
enum err demo_keep_id(
    struct diag *d, const json_t *made, char *out, size_t size) NODISCARD;

#endif
