/* job_move.c -- the states of a job, and the one writer of them. */
#include "datasite/core/job.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"

#include <stdio.h>

/* Who may make a move. */
enum job_who {
    WHO_AUTHOR,
    WHO_REVIEWER,
    WHO_OWNER,
    WHO_SYSTEM
};

static const struct {
    const char *name;
    enum job_wait waits;
} states[JOB_STATE_N] = {
#define JOB_STATE(state, text, waits) [JOB_##state] = {text, JOB_WAITS_##waits},
#include "datasite/core/job_moves.def"
#undef JOB_STATE
};

static const struct job_rule {
    enum job_state from, to;
    enum job_who who;
    const char *verb;
} rules[] = {
#define JOB_MOVE(from, to, who, verb) {JOB_##from, JOB_##to, WHO_##who, verb},
#include "datasite/core/job_moves.def"
#undef JOB_MOVE
};

static const char *const waits[] = {
    [JOB_WAITS_AUTHOR] = "author",
    [JOB_WAITS_REVIEWER] = "reviewer",
    [JOB_WAITS_ADMIN] = "admin",
    [JOB_WAITS_SYSTEM] = "system",
    [JOB_WAITS_NOBODY] = "nobody",
};

const char *
job_state_name(enum job_state s)
{
    CHECK((size_t)s < JOB_STATE_N);
    return states[s].name;
}

bool
job_state_parse(struct str s, enum job_state *out)
{
    for (size_t i = 0; i < JOB_STATE_N; i++) {
        if (str_eq(s, str_of(states[i].name))) {
            *out = (enum job_state)i;
            return true;
        }
    }
    return false;
}

enum job_wait
job_waits(enum job_state s)
{
    CHECK((size_t)s < JOB_STATE_N);
    return states[s].waits;
}

const char *
job_wait_name(enum job_wait w)
{
    CHECK((size_t)w < ARRAY_N(waits));
    return waits[w];
}

bool
job_wait_parse(struct str s, enum job_wait *out)
{
    for (size_t i = 0; i < ARRAY_N(waits); i++) {
        if (str_eq(s, str_of(waits[i]))) {
            *out = (enum job_wait)i;
            return true;
        }
    }
    return false;
}

static const struct job_rule *
rule_find(enum job_state from, enum job_state to)
{
    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        if (rules[i].from == from && rules[i].to == to)
            return &rules[i];
    }
    return NULL;
}

const char *
job_move_verb(enum job_state from, enum job_state to)
{
    const struct job_rule *r = rule_find(from, to);

    return r != NULL ? r->verb : NULL;
}

enum err
job_announce(struct ctx *cx, const struct job *j)
{
    return event_emit(
        cx, "job.state", j->id, j->dataset_id, j->author_id, job_state_name(j->state));
}

/* ERR_CONFLICT_STATE with where it is and where it may go. */
static enum err
no_such_move(struct ctx *cx, const struct job *j, enum job_state to)
{
    char *p = cx->diag.extra;
    size_t max = sizeof cx->diag.extra;
    size_t n = (size_t)snprintf(
        p, max, "{\"state\":\"%s\",\"allowed\":[", job_state_name(j->state));
    const char *comma = "";

    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        if (rules[i].from != j->state)
            continue;
        n += (size_t)snprintf(
            p + n, max - n, "%s\"%s\"", comma, job_state_name(rules[i].to));
        comma = ",";
    }
    snprintf(p + n, max - n, "]}");
    return FAIL(&cx->diag, ERR_CONFLICT_STATE, "a job that is %s cannot become %s",
        job_state_name(j->state), job_state_name(to));
}

static enum err
who_check(struct ctx *cx, const struct job *j, enum job_who who, enum job_state to)
{
    switch (who) {
    case WHO_AUTHOR:
        return job_must_author(cx, j, "job.author");
    case WHO_REVIEWER:
        if (to == JOB_APPROVED && cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK; /* template.h */
        return job_must_review(cx, j);
    case WHO_OWNER:
        if (to == JOB_CANCELLED && cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK; /* standing.h */
        return job_must_own(cx, j, "dataset.owner");
    case WHO_SYSTEM:
        if (cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK;
        return forbidden(cx, "system", "the server alone does this");
    }
    UNREACHABLE();
}

enum err
job_move(struct ctx *cx, struct job *j, enum job_state to, json_t *facts)
{
    json_auto_t *owned = facts != NULL ? facts : json_object();
    const struct job_rule *rule = rule_find(j->state, to);
    enum err err;

    if (rule == NULL)
        return no_such_move(cx, j, to);
    TRY(who_check(cx, j, rule->who, to));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_MOVE, j->id,
        job_state_name(j->state), job_state_name(to), cx->now.us, j->revision,
        &j->revision);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_STALE, "the job changed meanwhile");
    }
    TRY(err);
    j->state = to;
    j->changed = cx->now;
    TRY(audit_append(cx, rule->verb, j->id, json_incref(owned)));
    return job_announce(cx, j);
}

enum err
job_touch(struct ctx *cx, struct job *j)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_TOUCH, j->id,
        cx->now.us, j->revision, &j->revision);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_STALE, "the job changed meanwhile");
    }
    TRY(err);
    j->changed = cx->now;
    return job_announce(cx, j);
}

enum err
job_stands(struct ctx *cx, const struct job *j)
{
    int64_t one;
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_STANDING, j->id, &one);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_CONFLICT, "its author may no longer use the dataset");
}

/* An end that gives back what the job holds. */
static enum err
job_end(struct ctx *cx, struct job *j, enum job_state to, const char *comment)
{
    struct ledger_party party = job_party(j);
    TXN_SCOPE(txn);

    if (comment[0] != '\0')
        TRY(field_text(&cx->diag, "/comment", comment, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_move(cx, j, to, json_pack("{s:s}", "comment", comment)));
    TRY(ledger_settle(cx, &party));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
job_retract(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_author(cx, j, "job.author"));
    return job_end(cx, j, JOB_WITHDRAWN, comment);
}

enum err
job_stop(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_own(cx, j, "dataset.owner"));
    return job_end(cx, j, JOB_CANCELLED, comment);
}

enum err
job_unapprove(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_own(cx, j, "dataset.owner"));
    return job_end(cx, j, JOB_REVOKED, comment);
}
