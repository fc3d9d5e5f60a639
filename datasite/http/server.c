/* server.c -- libmicrohttpd, and nothing else names it.
 *
 * One thread of the library moves bytes and runs handlers that are quick. All others run on
 * a crew: the connection is suspended and resumed when the answer stands. Every move of a
 * request between threads goes through struct call:
 *
 *     FRESH    the head has come; checked in the first callback, before any body byte
 *     BODY     the body comes in, into x.body or through the upload's window
 *     AWAY     a crew or the watch has it; the connection is suspended (or swallows)
 *     READY    the answer stands
 *     SENT     the library has it
 *
 * An answer that is given in the first callback ends the connection (the library wants it
 * so), hence only refusals are given there. */
#include "datasite/http/server.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "datasite/core/event.h"
#include "datasite/http/crew.h"
#include "datasite/http/drain.h"
#include "datasite/http/exchange.h"
#include "datasite/http/listen.h"
#include "datasite/http/peers.h"
#include "datasite/http/stream.h"
#include "datasite/http/upload.h"
#include "datasite/http/watch.h"

#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX            1024
#define CONNECTIONS_OF_ADDRESS_MAX 512
#define CONNECTION_POOL_BYTES      ((size_t)64 << 10)
#define IDLE_S                     30
#define UPLOADS_AT_ONCE            4
#define EXCESS_BYTES_MAX           (1 << 20) /* of a chunked body past its limit */
#define SECOND_US                  INT64_C(1000000)

enum phase {
    PHASE_FRESH,
    PHASE_BODY,
    PHASE_AWAY,
    PHASE_READY,
    PHASE_SENT
};

struct call;

struct server {
    struct MHD_Daemon *daemon;
    struct service service;
    struct crew *crew;    /* handlers */
    struct crew *loaders; /* uploads: long, so on threads of their own */
    struct watch *watch;
    struct drain *drain;
    struct peers *peers;
    int port;
    atomic_bool is_stopping;
};

struct call {
    struct exchange x;
    struct server *server;
    struct MHD_Connection *connection;
    struct peer *peer;
    const char *target; /* in the library's buffer: a place, no longer the text */
    enum phase phase;   /* the HTTP thread's, but for AWAY -> READY under lock */
    struct task task;
    struct waiter waiter;
    struct monous wait_until;
    struct stream stream;
    bool has_stream;
    int64_t excess_bytes;
    pthread_mutex_t lock;
    int refs; /* the library's and that of whoever works on it */
    bool is_suspended;
    bool is_gone; /* the library has let go of the connection */
};

/* ---- calls and who holds them ---- */

static struct call *
call_new(struct server *s, struct MHD_Connection *connection)
{
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    if (!exchange_init(&call->x, &s->service)) {
        exchange_release(&call->x);
        free(call);
        return NULL;
    }
    CHECK(pthread_mutex_init(&call->lock, NULL) == 0);
    call->server = s;
    call->connection = connection;
    call->refs = 1;
    call->task.arg = call;
    call->waiter.arg = call;
    return call;
}

static void
call_take(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    call->refs++;
    pthread_mutex_unlock(&call->lock);
}

static void
call_drop(struct call *call)
{
    int left;

    pthread_mutex_lock(&call->lock);
    left = --call->refs;
    pthread_mutex_unlock(&call->lock);
    if (left > 0)
        return;
    upload_free(call->x.upload);
    if (call->has_stream)
        stream_release(&call->stream);
    exchange_release(&call->x);
    pthread_mutex_destroy(&call->lock);
    free(call);
}

/* Precondition: call->lock is held. */
static void
suspend(struct call *call)
{
    call->is_suspended = true;
    MHD_suspend_connection(call->connection);
}

static void
resume(struct call *call)
{
    if (!call->is_suspended || call->is_gone)
        return;
    call->is_suspended = false;
    MHD_resume_connection(call->connection);
}

static void
resume_locking(void *arg)
{
    struct call *call = arg;

    pthread_mutex_lock(&call->lock);
    resume(call);
    pthread_mutex_unlock(&call->lock);
}

/* The answer stands; the connection goes on with it. */
static void
finish(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    call->phase = PHASE_READY;
    resume(call);
    pthread_mutex_unlock(&call->lock);
    call_drop(call);
}

static void
refuse_stopping(struct call *call)
{
    struct exchange *x = &call->x;

    (void)exchange_refuse(x, FAIL(&x->cx.diag, ERR_TIMEOUT, "The server is stopping."));
}

/* Hands the call, with a reference, to a crew. */
static void
hand_over(struct call *call, struct crew *crew, void (*run)(void *))
{
    call->task.run = run;
    if (crew_do(crew, &call->task))
        return;
    refuse_stopping(call);
    finish(call);
}

/* ---- long polls ---- */

static void run_again(void *arg);

static void
wake_poll(void *arg)
{
    struct call *call = arg;

    hand_over(call, call->server->crew, run_again);
}

/* After a run: answer, or sleep until something changes. */
static void
settle(struct call *call)
{
    struct exchange *x = &call->x;

    if (!exchange_would_wait(x) || clock_mono().us >= call->wait_until.us ||
        atomic_load(&call->server->is_stopping)) {
        finish(call);
        return;
    }
    call->waiter.seen = x->seen;
    call->waiter.deadline = call->wait_until;
    call->waiter.wake = wake_poll;
    watch_add(call->server->watch, &call->waiter);
}

static void
run_again(void *arg)
{
    struct call *call = arg;

    if (exchange_again(&call->x))
        exchange_run(&call->x);
    settle(call);
}

static void
run_first(void *arg)
{
    struct call *call = arg;

    exchange_run(&call->x);
    if (call->x.upload != NULL)
        upload_discard(call->x.upload);
    settle(call);
}

/* ---- event streams ---- */

static void
suspend_locking(void *arg)
{
    struct call *call = arg;

    pthread_mutex_lock(&call->lock);
    suspend(call);
    pthread_mutex_unlock(&call->lock);
}

static void
stream_done(void *arg)
{
    call_drop(arg);
}

static void
start_stream(struct call *call)
{
    call->stream = (struct stream){.x = &call->x,
        .crew = call->server->crew,
        .watch = call->server->watch,
        .suspend = suspend_locking,
        .resume = resume_locking,
        .done = stream_done,
        .arg = call};
    call->has_stream = true;
    call_take(call);
    stream_begin(&call->stream);
}

/* What the library asks for more of the body. */
static ssize_t
on_more(void *cls, uint64_t pos, char *to, size_t max)
{
    struct call *call = cls;
    ssize_t n = stream_give(&call->stream, to, max);

    (void)pos;
    return n == -1 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

/* ---- sending ---- */

static bool
is_head(const struct exchange *x)
{
    return str_eq(x->head.method, STR("HEAD"));
}

static struct MHD_Response *
response_of(struct call *call)
{
    struct answer *a = &call->x.answer;
    void *bytes;

    if (a->is_stream && !is_head(&call->x)) {
        return MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN, 4096, on_more, call, NULL);
    }
    /* The library asks for a pointer to bytes that it may write; it does not, for
     * PERSISTENT ones. */
    memcpy(&bytes, &a->bytes.ptr, sizeof bytes);
    return MHD_create_response_from_buffer(a->bytes.len, bytes, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
send_answer(struct call *call)
{
    struct answer *a = &call->x.answer;
    struct MHD_Response *r = response_of(call);
    enum MHD_Result done = r == NULL ? MHD_NO : MHD_YES;

    for (size_t i = 0; i < a->fields_n && done == MHD_YES; i++)
        done = MHD_add_response_header(r, a->field[i].name, a->field[i].value);
    peer_rest(call->server->peers, call->peer);
    if (done == MHD_YES && a->closes && call->x.body_bytes != 0)
        drain_add(call->server->drain, peer_fd(call->peer));
    if (done == MHD_YES)
        done = MHD_queue_response(call->connection, (unsigned)a->status, r);
    if (r != NULL)
        MHD_destroy_response(r);
    traffic_count(call->server->service.traffic, call->x.route, a->status);
    call->phase = PHASE_SENT;
    if (done == MHD_YES && a->is_stream && !is_head(&call->x))
        start_stream(call);
    return done;
}

/* ---- receiving ---- */

/* The library parses a head in place: it puts NUL for each CR and LF and for the colons. So
 * the lines of a sound head stand one directly behind the other, and what was folded, cut
 * by a NUL, ended by a bare LF or left out shows as a gap. */
struct head_walk {
    struct head *head;
    const char *next; /* where the next line must begin */
};

static bool
is_blank(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    return from == to;
}

static bool
is_line_end(const char *p)
{
    return p[0] == '\0' && p[1] == '\0';
}

static enum MHD_Result
walk_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
    const char *value, size_t value_len)
{
    struct head_walk *w = cls;
    struct head *h = w->head;

    (void)kind;
    if (h->fields_n == HEAD_FIELDS_MAX || value == NULL) {
        h->is_overfull = true;
        return MHD_NO;
    }
    if (name != w->next || !is_blank(name + name_len + 1, value) ||
        !is_line_end(value + value_len))
        h->is_torn = true;
    w->next = value + value_len + 2;
    h->field[h->fields_n].name = (struct str){name, name_len};
    h->field[h->fields_n].value = (struct str){value, value_len};
    h->fields_n++;
    return MHD_YES;
}

static void
read_address(struct call *call)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info == NULL ? NULL : info->client_addr;
    socklen_t n = a != NULL && a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                        : sizeof(struct sockaddr_in);

    if (a != NULL) {
        (void)getnameinfo(
            a, n, call->x.address, sizeof call->x.address, NULL, 0, NI_NUMERICHOST);
    }
}

static void
read_head(struct call *call, const char *method, const char *version)
{
    struct head *h = &call->x.head;
    struct head_walk walk = {h, version + strlen(version) + 2};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    call->peer = info->socket_context;
    h->method = str_of(method);
    h->version = str_of(version);
    h->is_torn = call->target != method + h->method.len + 1 ||
        version != call->target + h->target.len + 1;
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, walk_field, &walk);
    h->is_torn = h->is_torn || !is_line_end(walk.next);
    read_address(call);
}

/* Before any byte of the body. */
static enum MHD_Result
first(struct call *call, const char *method, const char *version)
{
    struct exchange *x = &call->x;

    if (atomic_load(&call->server->is_stopping))
        return MHD_NO;
    read_head(call, method, version);
    call->phase = PHASE_BODY;
    if (!exchange_open(x)) {
        call->phase = PHASE_READY;
        return x->answer.closes ? send_answer(call) : MHD_YES;
    }
    if (x->body_bytes == 0)
        return MHD_YES;
    if (!exchange_admit(x))
        return send_answer(call);
    if ((x->route->flags & UPLOAD) == 0) {
        peer_body(call->server->peers, call->peer, NULL);
        return MHD_YES;
    }
    x->upload = upload_new((int64_t)x->route->body_max, resume_locking, call);
    if (x->upload == NULL)
        return MHD_NO;
    x->rq.upload = x->upload;
    peer_body(call->server->peers, call->peer, x->upload);
    call_take(call);
    hand_over(call, call->server->loaders, run_first);
    return MHD_YES;
}

static enum MHD_Result
take_upload(struct call *call, const char *data, size_t *size)
{
    struct upload *u = call->x.upload;

    *size -= upload_put(u, data, *size);
    if (*size == 0)
        return MHD_YES;
    pthread_mutex_lock(&call->lock);
    suspend(call);
    pthread_mutex_unlock(&call->lock);
    upload_pause(u);
    return MHD_YES;
}

static enum MHD_Result
take_body(struct call *call, const char *data, size_t *size)
{
    struct exchange *x = &call->x;

    if (x->upload != NULL)
        return take_upload(call, data, size);
    buf_add(&x->body, data, *size);
    if (x->body.full)
        call->excess_bytes += (int64_t)*size;
    *size = 0;
    return call->excess_bytes > EXCESS_BYTES_MAX ? MHD_NO : MHD_YES;
}

/* Suspends until the crew that has the call is ready with it. */
static enum MHD_Result
await_crew(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    if (call->phase == PHASE_AWAY)
        suspend(call);
    pthread_mutex_unlock(&call->lock);
    return MHD_YES;
}

static enum MHD_Result
hand_to_crew(struct call *call)
{
    call->phase = PHASE_AWAY;
    call->wait_until = (struct monous){clock_mono().us + call->x.wait_s * SECOND_US};
    call_take(call);
    pthread_mutex_lock(&call->lock);
    suspend(call);
    pthread_mutex_unlock(&call->lock);
    if ((call->x.route->flags & (SLOW | UPLOAD)) != 0) {
        hand_over(call, call->server->crew, run_first);
    } else {
        settle(call);
    }
    return MHD_YES;
}

/* The request is whole. */
static enum MHD_Result
last(struct call *call)
{
    struct exchange *x = &call->x;

    peer_rest(call->server->peers, call->peer);
    if (x->upload != NULL) {
        upload_end(x->upload);
        pthread_mutex_lock(&call->lock);
        if (call->phase == PHASE_BODY)
            call->phase = PHASE_AWAY;
        pthread_mutex_unlock(&call->lock);
        return await_crew(call);
    }
    if ((x->body_bytes == 0 && !exchange_admit(x)) || !exchange_body(x))
        return send_answer(call);
    if ((x->route->flags & SLOW) != 0)
        return hand_to_crew(call);
    exchange_run(x);
    return exchange_would_wait(x) ? hand_to_crew(call) : send_answer(call);
}

static enum phase
phase_of(struct call *call)
{
    enum phase phase;

    pthread_mutex_lock(&call->lock);
    phase = call->phase;
    pthread_mutex_unlock(&call->lock);
    return phase;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
    struct call *call = *state;

    (void)cls;
    (void)connection;
    (void)url;
    if (call == NULL)
        return MHD_NO;
    if (phase_of(call) == PHASE_FRESH)
        return first(call, method, version);
    if (*size > 0)
        return take_body(call, data, size);
    switch (phase_of(call)) {
    case PHASE_BODY:
        return last(call);
    case PHASE_AWAY:
        return await_crew(call);
    case PHASE_READY:
        if (call->x.upload != NULL)
            upload_end(call->x.upload);
        return send_answer(call);
    case PHASE_FRESH:
    case PHASE_SENT:
        break;
    }
    return MHD_YES;
}

/* The address as it was sent. The library takes it apart in place, so it is copied. */
static void *
on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct call *call = call_new(cls, connection);
    size_t n = strlen(target);
    char *copy = call == NULL ? NULL : arena_strn(call->x.kept, target, n);

    if (call == NULL)
        return NULL;
    call->target = target;
    call->x.head.target = (struct str){copy, copy == NULL ? 0 : n};
    return call;
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode why)
{
    struct call *call = *state;
    struct server *s = cls;

    (void)connection;
    (void)why;
    if (call == NULL)
        return;
    if (call->peer != NULL)
        peer_head(s->peers, call->peer);
    if (call->x.upload != NULL)
        upload_abort(call->x.upload);
    pthread_mutex_lock(&call->lock);
    call->is_gone = true;
    pthread_mutex_unlock(&call->lock);
    if (call->has_stream)
        stream_cut(&call->stream);
    *state = NULL;
    call_drop(call);
}

/* ---- connections ---- */

static void
on_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info;
    struct server *s = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = peer_open(s->peers, info->connect_fd);
    } else {
        peer_close(s->peers, *context);
    }
}

static void
on_tick(void *arg)
{
    struct server *s = arg;

    peers_cut_late(s->peers);
}

/* ---- start and stop ---- */

/* Escapes are decoded in target.c, once; the library is to leave them alone. */
static size_t
keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static enum err
daemon_start(struct diag *d, struct server *s, int fd)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_OF_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL_BYTES,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
    if (s->daemon == NULL)
        return FAIL(d, ERR_INTERNAL, "the HTTP server cannot be started");
    return ERR_OK;
}

static enum err
parts_start(struct diag *d, const struct server_config *c, struct server *s)
{
    struct gate_config gate = {
        c->hosts, c->hosts_n, !listen_is_local(c->host), c->requests_per_s};

    s->service.gate = gate_new(&gate);
    s->service.assets = assets_new();
    s->service.traffic = traffic_new();
    s->peers = peers_new();
    if (s->peers == NULL || s->service.gate == NULL || s->service.assets == NULL ||
        s->service.traffic == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the HTTP server");
    TRY(drain_start(d, &s->drain));
    TRY(crew_start(d, c->threads, &s->crew));
    TRY(crew_start(d, UPLOADS_AT_ONCE, &s->loaders));
    return watch_start(d, on_tick, s, &s->watch);
}

static void
parts_free(struct server *s)
{
    watch_free(s->watch);
    crew_free(s->loaders);
    crew_free(s->crew);
    if (s->drain != NULL)
        drain_stop(s->drain);
    traffic_free(s->service.traffic);
    assets_free(s->service.assets);
    gate_free(s->service.gate);
    peers_free(s->peers);
    free(s);
}

static void
threads_stop(struct server *s)
{
    if (s->watch != NULL)
        watch_stop(s->watch);
    if (s->loaders != NULL)
        crew_stop(s->loaders);
    if (s->crew != NULL)
        crew_stop(s->crew);
}

enum err
server_start(struct diag *d, const struct server_config *c, struct site *site,
    struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    enum err code;
    int fd = -1;

    if (s == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the HTTP server");
    s->service.site = site;
    code = parts_start(d, c, s);
    if (code == ERR_OK)
        code = listen_on(d, c->host, c->port, &fd);
    if (code == ERR_OK) {
        s->port = listen_port(fd);
        code = daemon_start(d, s, fd);
    }
    if (code != ERR_OK) {
        threads_stop(s);
        parts_free(s);
        return code;
    }
    *out = s;
    return ERR_OK;
}

int
server_port(const struct server *s)
{
    return s->port;
}

void
server_stop(struct server *s)
{
    int fd = MHD_quiesce_daemon(s->daemon);

    atomic_store(&s->is_stopping, true);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    peers_abort_uploads(s->peers); /* they would wait for their clients */
    threads_stop(s);
    MHD_stop_daemon(s->daemon);
    parts_free(s);
}
