/* slot.c -- time slots: when the end of a run is shown, and what is veiled until then. */
#include "datasite/core/slot.h"

#include "datasite/base/check.h"

#define SECOND_US INT64_C(1000000)

int64_t
slot_length(const struct policy *p, enum lane lane)
{
    bool automatic = lane == LANE_DP && p->release[LANE_DP] == RELEASE_AUTO;

#ifdef MUTANT_RULE_TIME_SLOT
    automatic = false;
#endif
    return automatic ? p->time_slot_s * SECOND_US : 0;
}

/* Whole slots from start to t; 0 where the clock was set back. */
static int64_t
slots_between(struct unixus start, int64_t us, struct unixus t)
{
    CHECK(us > 0);
    return t.us > start.us ? (t.us - start.us) / us : 0;
}

struct unixus
slot_end_after(struct unixus start, int64_t us, struct unixus t)
{
    struct unixus end = slot_end_before(start, us, t);

    return end.us < t.us ? (struct unixus){end.us + us} : end;
}

struct unixus
slot_end_before(struct unixus start, int64_t us, struct unixus t)
{
    int64_t n = slots_between(start, us, t);

    return (struct unixus){start.us + (n > 0 ? n : 1) * us};
}

enum err
slot_keep(struct ctx *cx, const struct slot_end *end)
{
    return db_run(cx->db, &cx->diag, NULL, STMT_RUN_END_INSERT, end->run_id,
        end->job_id, end->visible.us, end->failure_json);
}

enum err
slot_first(struct ctx *cx, struct slot_end *out)
{
    return db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_END_FIRST, &out->run_id,
        &out->job_id, &out->visible.us, &out->failure_json);
}

enum err
slot_drop(struct ctx *cx, const char *run_id)
{
    return db_run(cx->db, &cx->diag, NULL, STMT_RUN_END_DELETE, run_id);
}

enum err
slot_veil(
    struct ctx *cx, enum cap_kind kind, const struct ledger_party *who, struct cap *cap)
{
    const char *project = kind >= CAP_PROJECT ? who->project_id : "";
    const char *user = kind >= CAP_RESEARCHER ? who->user_id : "";
    int64_t nano, atto, rows;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_VEILED, who->dataset_id, project,
        user, &nano, &atto, &rows));
    cap->spent_nano -= nano;
    cap->spent_atto -= atto;
    cap->reserved_nano += nano;
    cap->reserved_atto += atto;
    return ERR_OK;
}

enum err
slot_veiled_rows(struct ctx *cx, const char *dataset_id, int64_t *out)
{
    int64_t nano, atto;

    return db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_VEILED, dataset_id, "", "",
        &nano, &atto, out);
}

enum err
slot_in_use(struct ctx *cx, const char *run_id, bool *out)
{
    int64_t yes;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_IN_SLOT, run_id, &yes));
    *out = yes != 0;
    return ERR_OK;
}
