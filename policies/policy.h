/* policy.h -- what a dataset's owner promises: who may ask, how it runs, what leaves.
 *
 * A policy is a JSON document; the shipped ones live in policies/packs and are
 * embedded in the program. */
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

struct policy {
    char name[64];
    char title[128];
    bool lane_allowed[3];         /* by enum lane */
    enum release_rule release[3]; /* by enum lane; exact and rows are HELD always */
    int approvals;                /* k of n reviewers */
    int64_t approval_days;        /* until an approval runs out; 0: never */
    int64_t time_slot_s;          /* 0: off */
    int64_t questions_max;
    int64_t output_bytes_max;
    int64_t cpu_ms_max, wall_ms_max, memory_bytes_max;
    struct sdc_limits output; /* of exact answers */
};

const char *lane_name(enum lane l);
bool lane_parse(struct str s, enum lane *out);

enum err policy_parse(struct diag *d, json_t *doc, struct policy *out) NODISCARD;
/* The shipped packs, by name; *doc owned by the caller. ERR_NOT_FOUND: no such pack. */
size_t policy_packs_n(void);
const char *policy_pack_name(size_t i);
enum err policy_pack(struct diag *d, struct str name, json_t **doc) NODISCARD;

#endif
