/* access.h -- how a researcher comes to a dataset without a grant.
 *
 * The catalogue tells every researcher of the published datasets whose owners let them be
 * known: name, title, description and owner, and nothing of what is declared or loaded. One
 * of them is asked for with a purpose; its owner grants or refuses. */
#ifndef DATASITE_CORE_ACCESS_H
#define DATASITE_CORE_ACCESS_H

#include "datasite/core/dataset.h"

#define ACCESS_REQUESTS_MAX 10 /* of one person for one dataset, ever */

struct listing {
    const char *name, *title, *description, *owner_id, *owner_name;
    bool granted;                           /* to the caller */
    const char *request_id, *request_state; /* the caller's newest; NULL: none */
};

struct access_request {
    const char *id, *dataset_id, *dataset_name;
    const char *user_id, *user_name, *user_email; /* who asks */
    const char *purpose;
    struct unixus asked;
    const char *state;   /* "open", "granted", "refused", "withdrawn" */
    const char *comment; /* of who decided; "" for none */
    const char *decider_id, *decider_name; /* NULL: open */
    struct unixus decided;
};
struct access_filter {
    const char *dataset, *state; /* NULL: any */
    const char *after;           /* id of the last item, NULL: start */
    int64_t limit;
};

/* By name, after `after`. Ends with *more false. */
enum err listing_list(struct ctx *cx, const char *after, int64_t limit) NODISCARD;
enum err listing_next(struct ctx *cx, struct listing *out, bool *more) NODISCARD;
enum err listing_by_name(
    struct ctx *cx, const char *name, struct listing *out) NODISCARD;

/* ERR_CONFLICT: nothing to ask for, asked before, or too often; where one is open, it is
 * named as access_request. */
enum err access_ask(struct ctx *cx, const struct dataset *ds, const char *purpose,
    struct access_request *out) NODISCARD;
/* The caller's own, those about its datasets, all for administrators and auditors; oldest
 * first. */
enum err access_list(struct ctx *cx, const struct access_filter *f) NODISCARD;
enum err access_next(struct ctx *cx, struct access_request *out, bool *more) NODISCARD;
enum err access_by_id(struct ctx *cx, const char *dataset, const char *id,
    struct access_request *out) NODISCARD;

/* By who asked (ERR_FORBIDDEN), while it is open (ERR_CONFLICT_STATE). */
enum err access_withdraw(struct ctx *cx, struct access_request *r) NODISCARD;
/* By the owner, who must be it. A refusal says why (ERR_UNPROCESSABLE). */
enum err access_decide(struct ctx *cx, const struct dataset *ds,
    struct access_request *r, bool grant, const char *comment) NODISCARD;
/* A grant without being asked; a request that is open has then been granted. */
enum err access_grant(
    struct ctx *cx, const struct dataset *ds, const char *user_id) NODISCARD;
/* Refuses all that are open, inside a transaction. */
enum err access_refuse_all(
    struct ctx *cx, const struct dataset *ds, const char *why) NODISCARD;

#endif
