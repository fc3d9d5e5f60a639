/* policy.h -- what a dataset's owner promises: who may ask, how it runs, what leaves.
 *
 * A policy is a JSON document (schema/policy.json); the shipped ones live in
 * policies/packs and are embedded in the program. */
#ifndef POLICIES_POLICY_H
#define POLICIES_POLICY_H

#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "policies/sdc_cells.h"

enum lane {
    LANE_DP,
    LANE_EXACT,
    LANE_ROWS
};
enum release_rule {
    RELEASE_HELD,
    RELEASE_AUTO
};

/* What may be asked at all. */
struct policy_input {
    const char **purposes; /* a project's purpose begins with one; none: any will do */
    size_t purposes_n;
    const char **columns; /* the only ones allowed, or the ones forbidden */
    size_t columns_n;
    bool only;           /* columns are the only ones allowed */
    int64_t expires_day; /* the last day of access; INT64_MAX: there is none */
    bool context;        /* a question in words, every output described */
    int64_t source_bytes_max;
};

struct policy {
    char name[64];
    char title[128];
    bool lane_allowed[3];         /* by enum lane */
    enum release_rule release[3]; /* by enum lane; exact and rows are HELD always */
    int approvals;                /* k of n reviewers */
    bool templates;               /* signed templates approve by themselves */
    bool blind;                   /* votes are hidden until the round has ended */
    int64_t approval_days;        /* until an approval runs out; 0: never */
    int64_t time_slot_s;          /* 0: off */
    int64_t questions_max;
    int64_t output_bytes_max;
    int64_t cpu_ms_max, wall_ms_max, memory_bytes_max;
    struct policy_input input;
    struct sdc_limits output; /* of exact answers */
    int64_t key_persons_min;  /* behind a key that only the data know; 0: any */
};

const char *lane_name(enum lane l);
bool lane_parse(struct str s, enum lane *out);

/* The lists of *out live in the arena. */
enum err policy_parse(
    struct diag *d, struct arena *a, json_t *doc, struct policy *out) NODISCARD;
/* A policy's sentences: [{"id","params":{…},"text"}], text in English; owned by the
 * caller. */
json_t *policy_words(const struct policy *p);

/* The input rules. */
bool policy_lane_ok(const struct policy *p, enum lane lane);
bool policy_source_ok(const struct policy *p, size_t bytes);
bool policy_purpose_ok(const struct policy *p, const char *purpose);
bool policy_column_ok(const struct policy *p, const char *column);
bool policy_day_ok(const struct policy *p, int64_t day);
/* The members of "input" as they stand in the document; NULL: absent. */
struct policy_input_doc {
    json_t *purposes, *only, *forbid;
    const char *expires;
};
enum err policy_input_take(struct diag *d, struct arena *a,
    const struct policy_input_doc *doc, struct policy_input *out) NODISCARD;
/* The shipped packs, by name; *doc owned by the caller. ERR_NOT_FOUND: no such pack. */
size_t policy_packs_n(void);
const char *policy_pack_name(size_t i);
/* schema/policy.json: what every document holds. */
struct str policy_schema(void);
enum err policy_pack(struct diag *d, struct str name, json_t **doc) NODISCARD;

#endif
