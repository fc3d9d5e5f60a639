/* courier.c -- carries notices out of the house: to webhooks, and by mail. */
#include "datasite/core/courier.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "datasite/core/checkpoint.h"
#include "datasite/core/event.h"
#include "datasite/core/notice.h"
#include "datasite/core/site.h"
#include "datasite/core/webhook.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_US INT64_C(1000000)
#define BACKOFF_MAX_US   INT64_C(3600000000)
#define IDLE_US          INT64_C(60000000)
#define LETTER_BYTES_MAX (64 << 10)
#define LOOK_PAST        256

/* A channel that may be tried, and what it is to be told next. */
struct errand {
    const char *id, *kind, *url, *user_id, *email;
    int64_t after, failures, roles;
    int64_t latest; /* event, when the notice was looked for */
    struct notice notice;
    bool found;
};

static bool
is_mail(const struct errand *e)
{
    return strcmp(e->kind, "mail") == 0;
}

/* The next channel after `last` (by id) with its notice. ERR_NOT_FOUND: no more. */
static enum err
errand_next(struct ctx *cx, const char *last, bool mail, struct errand *e)
{
    struct actor courier = cx->actor;
    enum err err;

    TRY(event_latest(cx, &e->latest));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_CHANNEL_DUE, last, cx->now.us,
        (int64_t)mail, &e->id, &e->kind, &e->url, &e->user_id, &e->after, &e->failures,
        &e->email, &e->roles));
    cx->actor = (struct actor){.roles = (unsigned)e->roles};
    snprintf(cx->actor.id, sizeof cx->actor.id, "%s", e->user_id);
    err = notice_next(cx, e->after, !is_mail(e), &e->notice, &e->found);
    cx->actor = courier;
    return err;
}

/* Writing */

static enum err
body_json(struct ctx *cx, const struct notice *n, struct buf *out)
{
    json_auto_t *doc =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s?, s:{s:s?, s:s?},"
                  " s:s?, s:s, s:o}",
            "event", n->kind, "time", n->time, "state", n->state, "site", "name",
            cx->site->name, "url", cx->site->url, "subject", n->subject, "dataset",
            n->dataset, "study", "project", n->project, "job", n->job, "person",
            n->person, "reason", n->reason, "link",
            json_sprintf("%s%s", cx->site->url, notice_path(cx->arena, n)));

    if (doc == NULL ||
        json_object_set_new(doc, "seq", json_integer((json_int_t)n->seq)) != 0)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a letter");
    return json_text(&cx->diag, doc, out);
}

/* One line of a mail, where there is something to say. */
static void
line(struct buf *out, const char *what, const char *value)
{
    if (value != NULL && value[0] != '\0')
        buf_addf(out, "%s: %s\n", what, value);
}

static void
body_text(struct ctx *cx, const struct notice *n, struct buf *out)
{
    line(out, "Study", n->project);
    line(out, "Job", n->job);
    line(out, "Dataset", n->dataset);
    line(out, "Now", n->state);
    line(out, "By", n->person != NULL ? n->person : cx->site->name);
    line(out, "Reason", n->reason);
    buf_addf(out, "\n%s%s\n", cx->site->url, notice_path(cx->arena, n));
}

static enum err
letter_carry(struct ctx *cx, const struct courier_port *port, const struct errand *e)
{
    char secret[WEBHOOK_SECRET_BYTES], signature[WEBHOOK_SIGNATURE_BYTES];
    char event[24], subject[512];
    struct letter l = {.event = event, .sender = e->id, .subject = subject};
    const struct notice *n = &e->notice;
    BUF_SCOPE(body);

    snprintf(event, sizeof event, "%lld", (long long)n->seq);
    snprintf(subject, sizeof subject, "%.100s: %.200s: %.60s", cx->site->name,
        n->job != NULL ? n->job : n->subject, n->state);
    str_utf8_mend(subject, strlen(subject));
    buf_init(&body, LETTER_BYTES_MAX);
    if (is_mail(e)) {
        body_text(cx, n, &body);
        l.to = e->email;
    } else {
        TRY(body_json(cx, n, &body));
        l.url = e->url;
        webhook_secret(cx->site->keys, e->id, secret);
        webhook_sign(secret, cx->now.us / 1000000, buf_str(&body), signature);
        l.signature = signature;
    }
    if (body.full)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the letter is too long");
    l.body = buf_str(&body);
    return port->carry(port->self, &cx->diag, &l);
}

/* Keeping */

static int64_t
backoff_us(int64_t failures)
{
    int64_t us = BACKOFF_FIRST_US;

    for (int64_t i = 1; i < failures && us < BACKOFF_MAX_US; i++)
        us *= 4;
    return us < BACKOFF_MAX_US ? us : BACKOFF_MAX_US;
}

static enum err
outcome_keep(struct ctx *cx, const struct errand *e, bool arrived, const char *why)
{
    int64_t failures = e->failures + 1;

    if (arrived) {
        return db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_SENT, e->id, e->notice.seq);
    }
    return db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_FAILED, e->id, failures,
        cx->now.us + backoff_us(failures),
        failures >= COURIER_TRIES && !is_mail(e) ? "given_up" : "active", why);
}

/* Everybody with an account has a channel for mail, told of what comes from now on. */
static enum err
mail_channels(struct ctx *cx)
{
    const char *user_id;
    int64_t latest;
    char id[ID_BYTES];
    enum err err;

    while ((err = db_one(cx->db, &cx->diag, cx->arena, STMT_CHANNEL_MAIL_MISSING,
                &user_id)) == ERR_OK) {
        TRY(event_latest(cx, &latest));
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_INSERT, id_new("whk", id),
            user_id, "mail", "", latest, cx->now.us));
    }
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

/* Rounds */

/* A connection for a part of a round. */
struct desk {
    struct ctx *cx;
};

static struct desk
desk_take(struct ctx *cx, enum db_mode mode)
{
    cx->db = db_take(cx->site->db, mode);
    return (struct desk){cx};
}

static void
desk_give(struct desk *k)
{
    db_give(k->cx->site->db, k->cx->db);
    k->cx->db = NULL;
}
#define DESK_SCOPE(name, cx, mode) \
    struct desk name __attribute__((cleanup(desk_give), unused)) = desk_take(cx, mode)

static enum err
look_out(struct ctx *cx, const char *last, bool mail, struct errand *e)
{
    DESK_SCOPE(desk, cx, DB_RO);

    return errand_next(cx, last, mail, e);
}

static enum err
note_down(struct ctx *cx, const struct errand *e, bool arrived, const char *why)
{
    DESK_SCOPE(desk, cx, DB_RW);

    return outcome_keep(cx, e, arrived, why);
}

/* Nothing to tell: what was looked at need not be looked at again. Done now and then, so
 * that an event for others costs no write. */
static enum err
look_past(struct ctx *cx, const struct errand *e)
{
    DESK_SCOPE(desk, cx, DB_RW);

    return db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_SENT, e->id, e->latest);
}

static enum err
errand_run(struct ctx *cx, const struct courier_port *port, const struct errand *e)
{
    enum err err;
    char why[200];

    if (!e->found)
        return e->latest - e->after > LOOK_PAST ? look_past(cx, e) : ERR_OK;
    err = letter_carry(cx, port, e);

    snprintf(why, sizeof why, "%.180s", cx->diag.text);
    str_utf8_mend(why, strlen(why));
    diag_clear(&cx->diag);
    return note_down(cx, e, err == ERR_OK, why);
}

/* Is there a checkpoint to make, or somebody without a channel for mail? */
static enum err
house_needs(struct ctx *cx, bool mail, bool *out)
{
    const char *user_id;
    enum err err;
    DESK_SCOPE(desk, cx, DB_RO);

    TRY(checkpoint_is_due(cx, out));
    if (*out || !mail)
        return ERR_OK;
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_CHANNEL_MAIL_MISSING, &user_id);
    *out = err == ERR_OK;
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

static enum err
keep_house(struct ctx *cx, bool mail)
{
    struct checkpoint made;
    bool due;
    DESK_SCOPE(desk, cx, DB_RW);

    TRY(checkpoint_is_due(cx, &due));
    if (due)
        TRY(checkpoint_make(cx, &made));
    return mail ? mail_channels(cx) : ERR_OK;
}

static bool
is_ending(const struct courier_port *port)
{
    return port->ending != NULL && atomic_load(port->ending);
}

/* Once along the channels: one letter each. *any: one was tried. */
static enum err
one_letter_each(struct ctx *cx, const struct courier_port *port, bool *any)
{
    char last[ID_BYTES] = "";
    struct arena *outer = cx->arena;
    enum err err = ERR_OK;

    *any = false;
    while (err == ERR_OK && !is_ending(port)) {
        ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
        struct errand e = {0};

        if (arena == NULL)
            return FAIL(&cx->diag, ERR_INTERNAL, "no memory");
        cx->arena = arena;
        err = look_out(cx, last, port->mail, &e);
        if (err == ERR_OK) {
            snprintf(last, sizeof last, "%s", e.id);
            *any |= e.found;
            err = errand_run(cx, port, &e);
        }
        cx->arena = outer;
    }
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

enum err
courier_round(struct ctx *cx, const struct courier_port *port)
{
    bool needs, any = true;

    TRY(house_needs(cx, port->mail, &needs));
    if (needs)
        TRY(keep_house(cx, port->mail));
    while (any && !is_ending(port))
        TRY(one_letter_each(cx, port, &any));
    return ERR_OK;
}

/* The thread */

struct courier {
    struct site *site;
    struct courier_port port;
    pthread_t thread;
    atomic_bool stopping;
};

/* Until the first letter that waits may be tried again. */
static int64_t
pause_us(struct ctx *cx)
{
    int64_t next = INT64_MIN;
    DESK_SCOPE(desk, cx, DB_RO);

    if (db_one(cx->db, &cx->diag, cx->arena, STMT_CHANNEL_NEXT, cx->now.us, &next) !=
            ERR_OK ||
        next == INT64_MIN)
        return IDLE_US;
    return next - cx->now.us < IDLE_US ? next - cx->now.us : IDLE_US;
}

static void *
courier_main(void *arg)
{
    struct courier *c = arg;

    while (!atomic_load(&c->stopping)) {
        uint64_t seen = event_seen();
        ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
        struct ctx cx = {.arena = arena,
            .site = c->site,
            .now = clock_wall(),
            .actor = {.roles = ROLE_SYSTEM}};

        if (arena == NULL)
            return NULL;
        if (courier_round(&cx, &c->port) != ERR_OK) {
            log_diag(LOG_ERROR, "courier.round", &cx.diag);
            diag_clear(&cx.diag);
        }
        if (!atomic_load(&c->stopping))
            event_wait(seen, (struct monous){clock_mono().us + pause_us(&cx)});
    }
    return NULL;
}

enum err
courier_start(struct site *site, struct diag *d, const struct courier_port *port,
    struct courier **out)
{
    struct courier *c = calloc(1, sizeof *c);

    if (c == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the courier");
    c->site = site;
    c->port = *port;
    c->port.ending = &c->stopping;
    if (pthread_create(&c->thread, NULL, courier_main, c) != 0) {
        free(c);
        return FAIL(d, ERR_INTERNAL, "no thread for the courier");
    }
    *out = c;
    return ERR_OK;
}

void
courier_stop(struct courier *c)
{
    atomic_store(&c->stopping, true);
    event_wake();
    pthread_join(c->thread, NULL);
    free(c);
}
