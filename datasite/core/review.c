/* review.c -- a human decision about one version of a job. */
#include "datasite/core/review.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

#define CHECKLIST_BYTES_MAX (64 << 10)
#define DAY_US              (INT64_C(86400) * 1000000)

/* The votes of the round at hand. */
struct tally {
    int64_t approve, request_changes, reject;
    int64_t abstain; /* no votes */
    int64_t mine;    /* of the caller, an abstention too */
    int64_t needed;  /* that end the round */
    bool blind;      /* votes are hidden until it ends */
};

static const struct {
    const char *name;
    enum job_state to;
} decisions[] = {
    [DECISION_APPROVE] = {"approve", JOB_APPROVED},
    [DECISION_REQUEST_CHANGES] = {"request_changes", JOB_CHANGES_REQUESTED},
    [DECISION_REJECT] = {"reject", JOB_REJECTED},
    /* Of no consequence but where the job is not in review: what it is not there for. */
    [DECISION_ABSTAIN] = {"abstain", JOB_APPROVED},
};

bool
decision_parse(struct str s, enum decision *out)
{
    for (size_t i = 0; i < ARRAY_N(decisions); i++) {
        if (str_eq(s, str_of(decisions[i].name))) {
            *out = (enum decision)i;
            return true;
        }
    }
    return false;
}

static int64_t
votes(const struct tally *t)
{
    return t->approve + t->request_changes + t->reject;
}

/* Of what the job is at, in review; of what was approved, later. runtime NULL: any. */
static enum err
tally_load(struct ctx *cx, const struct job *j, const char *runtime, struct tally *out)
{
    struct dataset ds;
    struct policy policy;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_policy(cx, &ds, &policy));
#ifdef MUTANT_RULE_APPROVALS
    policy.approvals = 1;
#endif
    out->needed = policy.approvals;
    out->blind = policy.blind;
#ifdef MUTANT_RULE_BLIND
    out->blind = false;
#endif
    return db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_TALLY, j->id, j->version,
        j->source_sha256, j->data_version, j->policy_version, runtime, cx->actor.id,
        &out->approve, &out->request_changes, &out->reject, &out->abstain, &out->mine);
}

static enum err
draft_check(struct ctx *cx, const struct job *j, const struct review_draft *draft)
{
    if (draft->version != j->version ||
        strcmp(draft->source_sha256, j->source_sha256) != 0) {
        return FAIL(&cx->diag, ERR_STALE,
            "the job is at another version than the one that was looked at");
    }
    if (draft->comment[0] != '\0')
        return field_text(&cx->diag, "/comment", draft->comment, TEXT_BYTES_MAX);
    if (draft->decision != DECISION_APPROVE) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/comment", "say why: the author reads it");
    }
    return ERR_OK;
}

static enum err
checklist_text(struct ctx *cx, const json_t *checklist, const char **out)
{
    BUF_SCOPE(text);

    *out = NULL;
    if (checklist == NULL)
        return ERR_OK;
    buf_init(&text, CHECKLIST_BYTES_MAX);
    TRY(json_text(&cx->diag, checklist, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

/* Writes a vote down, with what it binds. out->id is given here. */
static enum err
review_insert(struct ctx *cx, const struct job *j, struct review *out)
{
    struct dataset ds;
    char id[ID_BYTES];

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    out->id = arena_strf(cx->arena, "%s", id_new("rev", id));
    out->source_sha256 = j->source_sha256;
    out->version = j->version;
    out->time = cx->now;
    return db_run(cx->db, &cx->diag, NULL, STMT_REVIEW_INSERT, id, j->id, j->version,
        out->reviewer_id, out->decision, out->comment, out->checklist_json,
        j->source_sha256, ds.data_version, ds.policy_version, cx->site->runtime,
        cx->now.us, out->template_id);
}

static enum err
hold_reserve(struct ctx *cx, const struct job *j)
{
    struct ledger_party party = job_party(j);
    struct job_version version;

    TRY(job_version_by(cx, j, j->version, &version));
    return ledger_reserve(cx, &party, version.hold);
}

/* Who may vote, on what, and whether they did before. */
static enum err
vote_check(struct ctx *cx, struct job *j, const struct review_draft *draft)
{
    struct tally before;

    TRY(draft_check(cx, j, draft));
    if (j->state != JOB_IN_REVIEW)
        return job_move(cx, j, decisions[draft->decision].to, NULL);
    TRY(tally_load(cx, j, cx->site->runtime, &before));
    if (before.mine > 0)
        return FAIL(&cx->diag, ERR_CONFLICT, "you decided on this version already");
    return draft->decision == DECISION_APPROVE ? job_stands(cx, j) : ERR_OK;
}

/* "rev_…:approve rev_…:reject": the votes of the round, for the audit log. */
static enum err
votes_text(struct ctx *cx, const struct job *j, const char **out)
{
    const char *id, *decision;
    bool more;

    *out = "";
    TRY(db_each(cx->db, &cx->diag, STMT_REVIEW_ROUND, j->id));
    for (;;) {
        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_REVIEW_ROUND, &more, &id, &decision));
        if (!more)
            return ERR_OK;
        *out = arena_strf(
            cx->arena, "%s%s%s:%s", *out, **out != '\0' ? " " : "", id, decision);
        if (*out == NULL)
            return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    }
}

/* The strictest vote decides. */
static enum err
round_end(struct ctx *cx, struct job *j, const struct tally *t,
    const struct review_draft *draft, const struct review *last)
{
    enum decision strictest = t->reject > 0 ? DECISION_REJECT
        : t->request_changes > 0            ? DECISION_REQUEST_CHANGES
                                            : DECISION_APPROVE;
    const char *all;

    TRY(votes_text(cx, j, &all));
    TRY(job_move(cx, j, decisions[strictest].to,
        json_pack("{s:s, s:s, s:I, s:s, s:s}", "review", last->id, "votes", all,
            "version", (json_int_t)j->version, "source_sha256", j->source_sha256,
            "comment", draft->comment)));
    return strictest == DECISION_APPROVE ? hold_reserve(cx, j) : ERR_OK;
}

/* Says that there was a vote, not which: the round is blind. */
static enum err
round_goes_on(struct ctx *cx, struct job *j, const struct review *r, const char *verb)
{
    TRY(audit_append(cx, verb, j->id,
        json_pack("{s:s, s:I, s:s}", "review", r->id, "version", (json_int_t)j->version,
            "source_sha256", j->source_sha256)));
    return job_touch(cx, j);
}

/* How many may vote, and how many votes there can be with those that were cast. */
static enum err
reach_load(struct ctx *cx, const struct job *j, const struct tally *t, int64_t *voters,
    int64_t *reach)
{
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_VOTERS, j->id, j->version,
        j->source_sha256, j->data_version, j->policy_version, cx->site->runtime, voters,
        reach));
    *reach += votes(t);
    return ERR_OK;
}

/* Those who can do something about it are told when too few are left to vote. */
static enum err
round_without(
    struct ctx *cx, struct job *j, const struct tally *t, const struct review *r)
{
    int64_t voters, reach;

    TRY(round_goes_on(cx, j, r, "job.abstain"));
    TRY(reach_load(cx, j, t, &voters, &reach));
    if (reach >= t->needed)
        return ERR_OK;
    return event_emit(cx, "job.review", j->id, j->dataset_id, NULL, "short");
}

/* What the decision makes of the round. */
static enum err
round_take(struct ctx *cx, struct job *j, const struct review_draft *draft,
    const struct review *r)
{
    struct tally t;

    TRY(tally_load(cx, j, cx->site->runtime, &t));
    if (draft->decision == DECISION_ABSTAIN)
        return round_without(cx, j, &t, r);
    if (votes(&t) < t.needed)
        return round_goes_on(cx, j, r, "job.vote");
    return round_end(cx, j, &t, draft, r);
}

enum err
review_decide(
    struct ctx *cx, struct job *j, const struct review_draft *draft, struct review *out)
{
    TXN_SCOPE(txn);

    TRY(job_must_review(cx, j));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(vote_check(cx, j, draft));
    *out = (struct review){.reviewer_id = cx->actor.id,
        .decision = decisions[draft->decision].name,
        .comment = draft->comment};
    TRY(checklist_text(cx, draft->checklist, &out->checklist_json));
    TRY(review_insert(cx, j, out));
    TRY(round_take(cx, j, draft, out));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
review_by_template(struct ctx *cx, struct job *j, const char *template_id,
    const char *const *voters, size_t voters_n)
{
    const char *all;

    TRY(hold_reserve(cx, j)); /* first: where it is refused, nothing is written */
    for (size_t i = 0; i < voters_n; i++) {
        struct review vote = {.reviewer_id = voters[i],
            .decision = decisions[DECISION_APPROVE].name,
            .comment = "",
            .template_id = template_id};
        TRY(review_insert(cx, j, &vote));
    }
    TRY(votes_text(cx, j, &all));
    return job_move(cx, j, JOB_APPROVED,
        json_pack("{s:s, s:s, s:I, s:s}", "template", template_id, "votes", all,
            "version", (json_int_t)j->version, "source_sha256", j->source_sha256));
}

enum err
review_list(struct ctx *cx, const char *job_id, const char *after, int64_t limit)
{
    struct tally t;
    struct job j;

    TRY(job_by_id(cx, job_id, &j));
    TRY(tally_load(cx, &j, cx->site->runtime, &t));
    return db_each(cx->db, &cx->diag, STMT_REVIEW_LIST, job_id,
        after != NULL ? after : "", limit, cx->actor.id, (int64_t)t.blind);
}

enum err
review_next(struct ctx *cx, struct review *r, bool *more)
{
    return db_row(cx->db, &cx->diag, cx->arena, STMT_REVIEW_LIST, more, &r->id,
        &r->reviewer_id, &r->reviewer_name, &r->decision, &r->comment,
        &r->checklist_json, &r->source_sha256, &r->template_id, &r->version,
        &r->time.us);
}

enum err
review_open(struct ctx *cx, const struct job *j, bool *out)
{
    struct tally t;

    *out = j->state != JOB_IN_REVIEW;
    if (*out)
        return ERR_OK;
    TRY(tally_load(cx, j, cx->site->runtime, &t));
    *out = t.mine > 0 || !t.blind;
    return ERR_OK;
}

enum err
review_binds(struct ctx *cx, const struct job *j)
{
    struct dataset ds;
    const char *id, *sha256, *runtime;
    int64_t data_version, policy_version, time_us;
    struct tally t;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_APPROVAL, j->id, j->version,
        &id, &sha256, &data_version, &policy_version, &runtime, &time_us));
    if (strcmp(sha256, j->source_sha256) != 0)
        return FAIL(&cx->diag, ERR_STALE, "the code is not the one that was approved");
    if (data_version != ds.data_version)
        return FAIL(&cx->diag, ERR_STALE, "the data changed since the approval");
    if (policy_version != ds.policy_version)
        return FAIL(&cx->diag, ERR_STALE, "the policy changed since the approval");
    if (strcmp(runtime, cx->site->runtime) != 0)
        return FAIL(&cx->diag, ERR_STALE, "the runtime changed since the approval");
    TRY(tally_load(cx, j, cx->site->runtime, &t));
    if (t.approve < t.needed || votes(&t) > t.approve)
        return FAIL(&cx->diag, ERR_STALE, "the policy asks for more approvals");
    return ERR_OK;
}

enum err
review_lasts(struct ctx *cx, const struct job *j)
{
    struct dataset ds;
    struct policy policy;
    const char *id, *sha256, *runtime;
    int64_t data_version, policy_version, time_us;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_policy(cx, &ds, &policy));
    if (j->state != JOB_APPROVED)
        return ERR_OK;
    if (!policy_day_ok(&policy, clock_day(cx->now)))
        return FAIL(&cx->diag, ERR_CONFLICT, "the last day of access has passed");
#ifdef MUTANT_RULE_APPROVAL_DAYS
    policy.approval_days = 0;
#endif
    if (policy.approval_days == 0)
        return ERR_OK;
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_APPROVAL, j->id, j->version,
        &id, &sha256, &data_version, &policy_version, &runtime, &time_us));
    if (cx->now.us - time_us <= policy.approval_days * DAY_US)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_CONFLICT, "the approval ran out after %lld days",
        (long long)policy.approval_days);
}

/* Adds how many stepped aside after the n bytes that stand. */
static void
progress_aside(const struct tally *t, struct review_progress *out, int n)
{
    if (t->abstain > 0) {
        snprintf(out->detail + n, sizeof out->detail - (size_t)n, "; %lld abstained",
            (long long)t->abstain);
    }
}

/* Adds that the others are too few. */
static void
progress_lacks(const struct tally *t, struct review_progress *out, int n)
{
    char *rest = out->detail + n;
    size_t max = sizeof out->detail - (size_t)n;

    if (t->abstain > 0) {
        snprintf(rest, max,
            "; %lld abstained, so that at most %lld of %lld votes can be had: the "
            "dataset's owner must add reviewers",
            (long long)t->abstain, (long long)out->reach, (long long)t->needed);
        return;
    }
    snprintf(rest, max,
        "; the dataset has %lld who may vote: its owner must add reviewers",
        (long long)out->voters);
}

/* While the round lasts: how many voted and, to one of them, how. */
static enum err
progress_open(struct ctx *cx, const struct job *j, const struct tally *t,
    struct review_progress *out)
{
    bool blind = t->blind && votes(t) > 0 && t->mine == 0;
    int n;

    out->code = blind ? "approvals.blind" : "approvals.open";
    out->have = blind ? votes(t) : t->approve;
    out->needed = t->needed;
    n = snprintf(out->detail, sizeof out->detail, "%lld of %lld %s",
        (long long)out->have, (long long)out->needed,
        blind ? "votes, which are shown to those who voted" : "approvals");
    TRY(reach_load(cx, j, t, &out->voters, &out->reach));
    if (out->reach < t->needed) {
        progress_lacks(t, out, n);
    } else {
        progress_aside(t, out, n);
    }
    return ERR_OK;
}

/* Afterwards: what they said, disagreement included. */
static void
progress_closed(const struct tally *t, struct review_progress *out)
{
    int n = snprintf(out->detail, sizeof out->detail, "%lld of %lld approvals",
        (long long)t->approve, (long long)votes(t));

    out->code = "approvals.closed";
    out->have = t->approve;
    out->needed = votes(t);
    out->request_changes = t->request_changes;
    out->reject = t->reject;
    out->met = t->approve == votes(t);
    if (!out->met) {
        n += snprintf(out->detail + n, sizeof out->detail - (size_t)n,
            "; %lld asked for changes, %lld rejected", (long long)t->request_changes,
            (long long)t->reject);
    }
    progress_aside(t, out, n);
}

enum err
review_progress(struct ctx *cx, const struct job *j, struct review_progress *out)
{
    bool open = j->state == JOB_IN_REVIEW;
    struct tally t;

    *out = (struct review_progress){0};
    TRY(tally_load(cx, j, open ? cx->site->runtime : NULL, &t));
    out->shown = open || votes(&t) > 0;
    out->abstain = t.abstain;
    if (open)
        return progress_open(cx, j, &t, out);
    progress_closed(&t, out);
    return ERR_OK;
}
