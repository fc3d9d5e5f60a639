/* audit.h -- the hash-chained record of every act. Append only; written in the same
 * transaction as the act it records.
 *
 * The hash of an entry is BLAKE2b-256 over the 32 bytes of the hash before it (zeros before
 * the first) and the canonical JSON of {actor, facts, seq, subject, time, verb}. */
#ifndef DATASITE_CORE_AUDIT_H
#define DATASITE_CORE_AUDIT_H

#include "datasite/core/ctx.h"

struct audit_entry {
    int64_t seq;
    const char *time, *actor, *verb, *subject;
    const char *facts;       /* canonical JSON of an object */
    const char *prev, *hash; /* hex; prev is the hash of the entry before */
};

/* verb: from audit_verbs.def ("job.approve"). subject: an id or a dataset's name. facts is
 * consumed (may be NULL); strings and integers only, never a private value. Precondition:
 * inside a transaction of cx->db. */
enum err audit_append(
    struct ctx *cx, const char *verb, const char *subject, json_t *facts) NODISCARD;
/* What somebody signed of the chain (checkpoint.h): the hash that an entry had. */
struct audit_mark {
    int64_t seq;
    struct digest head;
};
/* By seq. met counts those that the walk came past and found as they were. */
struct audit_marks {
    struct audit_mark *list;
    size_t n, at, met;
};
/* Recomputes the chain. ERR_CONFLICT names the first bad entry in diag; *first_bad is its
 * seq (0: none). head is the digest of the newest entry. marks (or NULL): entries that
 * must be there, as they were signed. */
enum err audit_verify(struct ctx *cx, struct audit_marks *marks, int64_t *entries,
    struct digest *head, int64_t *first_bad) NODISCARD;
enum err audit_head(struct ctx *cx, int64_t *entries, struct digest *head) NODISCARD;
/* The same over an export: one JSON object a line, as audit_entry_json gives. A text that
 * starts after the first entry is believed about what came before; marks outside of it
 * are not met. */
enum err audit_verify_lines(struct diag *d, struct str text, struct audit_marks *marks,
    int64_t *entries, struct digest *head, int64_t *first_bad) NODISCARD;

/* verb NULL: all, "job." prefix or a whole verb; actor and subject NULL: all. */
struct audit_filter {
    const char *verb, *actor, *subject;
    bool newest_first;
};
/* Entries that follow the one numbered `after` in the order of the filter; 0: from its
 * beginning. */
enum err audit_entries(struct ctx *cx, const struct audit_filter *f, int64_t after,
    int64_t limit, struct audit_entry **out, size_t *n) NODISCARD;
/* {seq, time, actor, verb, subject, facts, prev, hash}; owned by the caller, NULL: no
 * memory, or facts that are not JSON. */
json_t *audit_entry_json(const struct audit_entry *e);
/* Entries after `after` as JSON lines, as many as fit into out. */
enum err audit_export_lines(
    struct ctx *cx, int64_t after, int64_t limit, struct buf *out) NODISCARD;

/* The verbs, for documents and tests; NULL past the last. */
const char *audit_verb(size_t i);

#endif
