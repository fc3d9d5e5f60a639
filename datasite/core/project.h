/* project.h -- a purpose, the datasets it needs, and who works on it. */
#ifndef DATASITE_CORE_PROJECT_H
#define DATASITE_CORE_PROJECT_H

#include "datasite/core/ctx.h"

#define PROJECT_DATASETS_MAX 100

struct project {
    const char *id, *title, *purpose;  /* arena memory */
    const char *owner_id, *owner_name; /* who made it */
    const char *created_at;
    const char **datasets; /* names */
    size_t datasets_n;
    int64_t revision;
};

struct project_draft {
    const char *title, *purpose; /* in a change, NULL: as it is */
    const char *const *datasets; /* names, each granted to the actor */
    size_t datasets_n;
    bool datasets_given; /* in a change, false: as they are */
};

/* Commit, or join the open transaction. A dataset that is not granted to the actor is
 * ERR_UNPROCESSABLE, the same as one that does not exist. */
enum err project_create(
    struct ctx *cx, const struct project_draft *draft, struct project *out) NODISCARD;
enum err project_update(struct ctx *cx, const char *id,
    const struct project_draft *change, struct project *out) NODISCARD;
/* What the actor may see: its own projects, all for an admin, those that use one of its
 * datasets for an owner. Any other is ERR_NOT_FOUND. */
enum err project_load(struct ctx *cx, const char *id, struct project *out) NODISCARD;
enum err project_list(struct ctx *cx, const char *after, int64_t limit,
    struct project **out, size_t *n) NODISCARD;
/* Who works on a project: whoever made it, and those it was opened to. */
struct member {
    const char *user_id, *name;
    bool made_it;
};
enum err project_members(struct ctx *cx, const char *id, const char *after,
    int64_t limit, struct member **out, size_t *n) NODISCARD;
/* By whoever made the project, or an administrator; ERR_FORBIDDEN else. Adding twice is
 * as good as once. ERR_CONFLICT: not a researcher, or the one who made it, who stays. */
enum err project_member_add(
    struct ctx *cx, const char *id, const char *user_id, struct member *out) NODISCARD;
enum err project_member_remove(
    struct ctx *cx, const char *id, const char *user_id) NODISCARD;
/* May this user ask about this dataset for this project? ERR_NOT_FOUND: not a member, or no
 * such project; ERR_FORBIDDEN: the project does not include the dataset. */
enum err project_check(struct ctx *cx, const char *id, const char *user_id,
    const char *dataset_id) NODISCARD;

#endif
