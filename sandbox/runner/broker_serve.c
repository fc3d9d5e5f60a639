/* broker_serve.c -- the worker's messages, each of them hostile, and how a run ends. */
#include "sandbox/runner/broker_state.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "sandbox/wire/luabox_end.h"

#include <stdio.h>
#include <string.h>

/* The run is over, for good or bad. The first word counts. */
static void
end_run(struct broker *b, enum outcome_kind kind, int line, const char *text)
{
    b->outcome.kind = kind;
    b->outcome.line = line;
    snprintf(b->outcome.text, sizeof b->outcome.text, "%s", text);
}

enum go {
    GO_ON,
    STOP
};

static enum go
violation(struct broker *b, const char *what)
{
    log_event(LOG_WARN, "sandbox.violation", "run %s: %s", b->run_id, what);
    end_run(b, OUTCOME_SANDBOX_VIOLATION, 0, what);
    return STOP;
}

/* The worker is gone before its last word. */
static void
explain_death(struct broker *b, enum worker_end end, int detail)
{
    char text[96];

    switch (end) {
    case WORKER_FORBIDDEN:
        (void)violation(b, "it made a system call that is forbidden");
        return;
    case WORKER_CPU:
        end_run(b, OUTCOME_TIMEOUT, 0, "the processor time is used up");
        return;
    case WORKER_KILLED:
        end_run(b, OUTCOME_INTERNAL, 0, "the worker was killed");
        return;
    case WORKER_EXITED:
        (void)violation(b, "it ended without a word");
        return;
    case WORKER_CRASHED:
        snprintf(text, sizeof text, "it crashed (%d)", detail);
        (void)violation(b, text);
        return;
    }
    UNREACHABLE();
}

static enum go
on_silence(struct broker *b, enum err e)
{
    int detail;

    if (e == ERR_INVALID)
        return violation(b, "it sent what is no message");
    if (e == ERR_TIMEOUT) {
        end_run(b, OUTCOME_TIMEOUT, 0, "the run took longer than it may");
        return STOP;
    }
    enum worker_end end =
        worker_reap(&b->worker, false, b->order.limits.cpu_ms, &detail);
    explain_death(b, end, detail);
    return STOP;
}

static void
note_refusal(struct broker *b, const struct diag *d)
{
    const char *rule = d->field[0] != 0 ? d->field : err_slug(d->code);

    b->was_unpaid = b->was_unpaid || d->code == ERR_BUDGET;
    if (d->code != ERR_POLICY && d->code != ERR_NOT_YET)
        return;
    b->was_denied = true;
    snprintf(b->denied_rule, sizeof b->denied_rule, "%.31s", rule);
}

static enum go
on_ask(struct broker *b, const struct frame *in)
{
    BUF_SCOPE(answer);
    struct diag d = {0}, sent = {0};
    enum frame_type reply = FRAME_ANSWER;
    enum err e;

    buf_init(&answer, FRAME_BYTES_MAX - 1024);
    rowrun_begin(&b->rowrun, b->deadline);
    e = broker_ask(&d, b, in, &answer);
    b->deadline = rowrun_end(&b->rowrun);
    struct str text = buf_str(&answer);
    if (e != ERR_OK) {
        note_refusal(b, &d);
        reply = broker_refusal(e);
        text = str_of(d.text);
    }
    if (e == ERR_TIMEOUT) {
        end_run(b, OUTCOME_TIMEOUT, 0, "the run took longer than it may");
        return STOP;
    }
    if (reply == FRAME_NONE) {
        log_diag(LOG_ERROR, "broker.question", &d);
        end_run(b, OUTCOME_INTERNAL, 0, "the question could not be answered");
        return STOP;
    }
    e = frame_send(&sent, b->worker.fd, b->deadline, reply, text, NULL, 0);
    return e == ERR_OK ? GO_ON : on_silence(b, e);
}

static enum go
on_print(struct broker *b, const struct frame *in)
{
    buf_add(&b->outcome.log, in->body.ptr, in->body.len);
    return b->outcome.log.full ? violation(b, "it wrote more log than it may") : GO_ON;
}

static enum go
on_done(struct broker *b, const struct frame *in)
{
    struct diag d = {0};
    json_auto_t *output = NULL;

    if (in->body.len > (size_t)b->order.limits.output_bytes_max)
        return violation(b, "its output is larger than it may be");
    if (json_parse(&d, buf_str(&in->body), &output) != ERR_OK)
        return violation(b, "its output is not JSON");
    buf_init(&b->output, FRAME_BYTES_MAX);
    buf_add(&b->output, in->body.ptr, in->body.len);
    end_run(b, OUTCOME_OK, 0, "");
    return STOP;
}

static enum go
on_ended(struct broker *b, const struct frame *in)
{
    static const enum outcome_kind kinds[] = {[LUABOX_OK] = OUTCOME_SANDBOX_VIOLATION,
        [LUABOX_SCRIPT] = OUTCOME_SCRIPT_ERROR,
        [LUABOX_MEMORY] = OUTCOME_MEMORY,
        [LUABOX_BUDGET] = OUTCOME_BUDGET,
        [LUABOX_POLICY] = OUTCOME_POLICY};
    struct fields f = fields_of(buf_str(&in->body));
    enum luabox_end end = (enum luabox_end)field_i64(&f, LUABOX_SCRIPT, LUABOX_POLICY);
    int line = (int)field_i64(&f, 0, SOURCE_BYTES_MAX);
    char text[512];

    field_z(&f, text, sizeof text);
    if (!fields_end(&f))
        return violation(b, "it reported an end that cannot be read");
    str_utf8_mend(text, strlen(text));
    if ((end == LUABOX_BUDGET && !b->was_unpaid) ||
        (end == LUABOX_POLICY && !b->was_denied))
        end = LUABOX_SCRIPT;
    end_run(b, kinds[end], line, end == LUABOX_MEMORY ? "not enough memory" : text);
    if (end == LUABOX_POLICY)
        snprintf(b->outcome.rule, sizeof b->outcome.rule, "%s", b->denied_rule);
    return STOP;
}

static const struct {
    enum frame_type type;
    enum go (*handle)(struct broker *b, const struct frame *in);
} worker_messages[] = {
    {FRAME_EXPLAIN, on_ask},
    {FRAME_RELEASE, on_ask},
    {FRAME_EXACT, on_ask},
    {FRAME_PRINT, on_print},
    {FRAME_DONE, on_done},
    {FRAME_ENDED, on_ended},
};

static enum go
on_message(struct broker *b, const struct frame *in)
{
    for (size_t i = 0; i < ARRAY_N(worker_messages); i++) {
        if (worker_messages[i].type == in->type)
            return worker_messages[i].handle(b, in);
    }
    return violation(b, "it sent a message that is not its to send");
}

void
broker_serve(struct broker *b)
{
    FRAME_SCOPE(in);
    enum go go = GO_ON;
    int detail;

    b->outcome.kind = OUTCOME_INTERNAL;
    while (go == GO_ON) {
        struct diag d = {0};
        enum err e = frame_recv(&d, b->worker.fd, b->deadline, &in);
        go = e == ERR_OK ? on_message(b, &in) : on_silence(b, e);
    }
    (void)worker_reap(&b->worker, true, b->order.limits.cpu_ms, &detail);
}
