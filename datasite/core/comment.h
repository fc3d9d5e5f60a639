/* comment.h -- what author and reviewers say about single lines of a version.
 *
 * The round of votes is blind: while it lasts, what a reviewer wrote in it is shown to
 * those who voted, and to the author only once it has ended. What is for reviewers
 * alone the author never sees, nor that it is there: no event, and so no notice, tells
 * anybody of it. Comments stay; they are resolved and opened again. */
#ifndef DATASITE_CORE_COMMENT_H
#define DATASITE_CORE_COMMENT_H

#include "datasite/core/job.h"

#define COMMENTS_MAX 500 /* of one job, and as many for reviewers alone */

struct comment {
    const char *id, *text, *writer_id, *writer_name;
    const char *side;          /* "author" or "reviewer" */
    const char *visibility;    /* "everyone" or "reviewers" */
    const char *resolver_name; /* NULL: open */
    int64_t version, line;
    struct unixus time, resolved; /* resolved INT64_MIN: open */
};

struct comment_draft {
    int64_t version, line; /* from 1 */
    const char *text;
    bool for_reviewers; /* alone */
};

bool comment_visibility_parse(struct str s, bool *for_reviewers);

/* By the author or one who reviews. ERR_UNPROCESSABLE: no such version or line.
 * ERR_FORBIDDEN: the author writes for everyone. ERR_CONFLICT: the job has too many. */
enum err comment_add(struct ctx *cx, const struct job *j,
    const struct comment_draft *draft, struct comment *out) NODISCARD;
/* Those the caller may see, oldest first. */
enum err comment_list(
    struct ctx *cx, const struct job *j, const char *after, int64_t limit) NODISCARD;
enum err comment_next(struct ctx *cx, struct comment *out, bool *more) NODISCARD;
/* Sets or clears the mark, by any who may see both job and comment. */
enum err comment_resolve(struct ctx *cx, const struct job *j, const char *id,
    bool resolved, struct comment *out) NODISCARD;

#endif
