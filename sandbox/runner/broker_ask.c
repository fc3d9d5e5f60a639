/* broker_ask.c -- a stranger's question: parsed, priced, paid for, answered, kept. */
#include "sandbox/runner/broker_state.h"

#include "datasite/base/digest.h"
#include "sandbox/runner/charge.h"
#include "sandbox/runner/untold.h"

#define QUESTION_ARENA_BYTES ((size_t)1 << 30)

static const struct answered *
answered_before(const struct broker *b, struct digest measurement)
{
    for (const struct answered *a = b->answered; a != NULL; a = a->next) {
        if (digest_eq(a->measurement, measurement))
            return a;
    }
    return NULL;
}

/* Evidence goes with what is exact; of a mock it tells what to expect. By it the answer
 * becomes what may be told. */
static enum err
tell_exact(struct diag *d, const struct broker *b, const struct question *q,
    json_t **evidence, struct buf *answer)
{
    json_auto_t *doc = NULL;

    if (!question_is_exact(q))
        return ERR_OK;
    TRY(question_evidence(d, q, &b->table, evidence));
    if (!untold_asked(&b->order.output))
        return ERR_OK;
    TRY(json_parse(d, buf_str(answer), &doc));
    TRY(untold_apply(d, &b->order.output, *evidence, doc));
    answer->len = 0;
    return json_text(d, doc, answer);
}

/* The server looks for what is exact in the output: it gets the answer, too. */
static enum err
add_answer(struct diag *d, const struct broker *b, const struct charge_ask *ask,
    struct str answer, json_t *m)
{
    char digest[65];
    json_t *doc;

    if (!ask->exact || b->dataset_id[0] == 0)
        return ERR_OK;
    TRY(json_parse(d, answer, &doc));
    if (json_object_set_new(m, "answer", doc) != 0 ||
        json_object_set_new(
            m, "measurement", json_string(digest_text(ask->measurement, digest))) != 0)
        return FAIL(d, ERR_INTERNAL, "the answer could not be noted");
    return ERR_OK;
}

static enum err
remember(struct diag *d, struct broker *b, const struct charge_ask *ask,
    json_t *evidence, struct str answer)
{
    struct answered *a = arena_array(b->arena, sizeof *a, 1);
    const char *text = arena_strn(b->arena, answer.ptr, answer.len);
    char eps[32], rho[32], delta[32];
    json_t *m;

    if (a == NULL || text == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the run's answers need too much memory");
    *a = (struct answered){b->answered, ask->measurement, {text, answer.len}};
    b->answered = a;
    m = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:b}", "label", ask->label,
        "mechanism", ask->mechanism, "epsilon",
        ask->price.eps_nano == EPS_NONE
            ? json_null()
            : json_string(nano_text(ask->price.eps_nano, eps)),
        "rho", nano_text(ask->price.rho_nano, rho), "delta",
        atto_text(ask->price.delta_atto, delta), "error95", ask->error95, "exact",
        (int)ask->exact);
    if (m == NULL || json_array_append_new(b->measurements, m) != 0)
        return FAIL(d, ERR_INTERNAL, "the measurement could not be noted");
    if (evidence != NULL && json_object_set(m, "evidence", evidence) != 0)
        return FAIL(d, ERR_INTERNAL, "the evidence could not be noted");
    return add_answer(d, b, ask, answer, m);
}

/* Charged and durable: compute, and have the answer kept before anyone sees it. */
static enum err
answer_and_keep(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, const struct charge_ask *ask, json_t **evidence,
    struct buf *answer)
{
    if (ask->exact) {
        TRY(question_exact(d, a, q, &b->table, answer));
    } else {
        TRY(question_answer(d, a, q, &b->table, b->rng, answer));
    }
    if (b->rowrun.failed != ERR_OK)
        return FAIL(d, b->rowrun.failed, "the row programs did not come to their end");
    if (answer->full)
        return FAIL(d, ERR_TOO_LARGE, "the answer is too large");
    TRY(tell_exact(d, b, q, evidence, answer));
    return charge_keep(d, b->server_fd, ask->measurement, buf_str(answer));
}

enum frame_type
broker_refusal(enum err e)
{
    if (e == ERR_BUDGET)
        return FRAME_UNPAID;
    if (e == ERR_POLICY || e == ERR_NOT_YET)
        return FRAME_DENIED;
    if (e == ERR_INVALID || e == ERR_UNPROCESSABLE || e == ERR_NOT_FOUND ||
        e == ERR_TOO_LARGE)
        return FRAME_WRONG;
    return FRAME_NONE;
}

/* What is paid for is answered, or the run ends. Were a failure told to the script, it
 * could ask again and have a second draw for the first one's price. */
static enum err
answer_or_end(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, const struct charge_ask *ask, json_t **evidence,
    struct buf *answer)
{
    enum err e = answer_and_keep(d, b, a, q, ask, evidence, answer);

#ifdef MUTANT_FREE_REDRAW
    return e;
#endif
    /* d goes on saying why, to the log alone */
    return e == ERR_OK || ask->exact || broker_refusal(e) == FRAME_NONE ? e
                                                                        : ERR_INTERNAL;
}

static enum err
pay_and_answer(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, struct str plan, struct buf *answer)
{
    json_auto_t *evidence = NULL;
    enum charge_verdict verdict;
    struct charge_ask ask = {.measurement = question_digest(q),
        .label = question_label(q),
        .mechanism = question_mechanism(q),
        .error95 = question_error95(q),
        .plan_json = arena_strn(a, plan.ptr, plan.len),
        .price = question_price(q),
        .exact = question_is_exact(q)};
    const struct answered *before = answered_before(b, ask.measurement);

    if (before != NULL) {
        buf_add(answer, before->answer.ptr, before->answer.len);
        return ERR_OK;
    }
    if (b->questions_left-- <= 0) {
        return FAIL(d, ERR_POLICY, "the policy allows %lld measurements a run",
            (long long)b->order.limits.questions_max);
    }
    TRY(question_check(d, q)); /* starts processes: as often as there are questions */
#ifdef MUTANT_CHARGE_AFTER_DRAW
    TRY(answer_and_keep(d, b, a, q, &ask, &evidence, answer));
    TRY(charge_ask(d, b->server_fd, &ask, &verdict, answer));
    return remember(d, b, &ask, evidence, buf_str(answer));
#endif
    TRY(parts_price(d, &b->parts, q, &ask.price));
    TRY(charge_ask(d, b->server_fd, &ask, &verdict, answer));
    if (verdict == CHARGE_REFUSED)
        return FAIL(d, ERR_BUDGET, "%.300s", buf_str(answer).ptr);
    if (verdict == CHARGE_PAID)
        parts_paid(&b->parts, q);
    TRY(verdict == CHARGE_STORED ? tell_exact(d, b, q, &evidence, answer)
                                 : answer_or_end(d, b, a, q, &ask, &evidence, answer));
    return remember(d, b, &ask, evidence, buf_str(answer));
}

/* Row programs over private data have time of their own, or none at all: theirs must not
 * be what ends a run. */
static const struct row_port *
rows_of(const struct broker *b)
{
    bool is_mock = b->dataset_id[0] == 0;

    return is_mock || b->order.limits.rows_ms > 0 ? &b->rows : NULL;
}

enum err
broker_ask(struct diag *d, struct broker *b, const struct frame *in, struct buf *answer)
{
    ARENA_SCOPE(a, QUESTION_ARENA_BYTES);
    struct question_context c = {.schema = &b->schema,
        .columns = b->order.columns,
        .lane = b->order.lane,
        .accounting = b->order.accounting,
        .at_delta_atto = b->order.promise.at_delta_atto,
        .rows_assumed = b->order.rows_assumed,
        .units_least = (uint64_t)b->order.key_persons_min,
        .rows = rows_of(b)};
    struct question *q;

    if (a == NULL)
        return FAIL(d, ERR_TOO_LARGE, "no memory");
    TRY(question_parse(d, a, &c, buf_str(&in->body), &q));
    if (in->type == FRAME_EXPLAIN) {
        if (b->explains_left-- <= 0)
            return FAIL(d, ERR_POLICY, "too many calls of explain");
        TRY(question_check(d, q));
        return question_explain(d, q, answer);
    }
    if (question_is_exact(q) != (in->type == FRAME_EXACT))
        return FAIL(d, ERR_INVALID, "the plan and the call do not agree");
    return pay_and_answer(d, b, a, q, buf_str(&in->body), answer);
}
