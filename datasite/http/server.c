/* server.c -- libmicrohttpd, and nothing else names it. What becomes of a request between
 * its callbacks is call.h's.
 *
 * An answer that is given in the first callback ends the connection (the library wants it
 * so), hence only refusals are given there. */
#include "datasite/http/server.h"

#include "datasite/base/clock.h"
#include "datasite/http/call.h"
#include "datasite/http/drain.h"
#include "datasite/http/listen.h"
#include "datasite/http/peers.h"
#include "datasite/http/upload.h"

#include <microhttpd.h>
#include <netdb.h>
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
#define FAREWELL_US                INT64_C(2000000)
#define FAREWELL_LOOK_US           5000

struct server {
    struct works works; /* first: server_of finds it */
    struct MHD_Daemon *daemon;
    struct drain *drain;
    struct peers *peers;
    int port;
};

/* The server that a call came in by. */
static struct server *
server_of(const struct call *call)
{
    return (struct server *)(void *)call->works;
}

static void
suspend_connection(void *connection)
{
    MHD_suspend_connection(connection);
}

static void
resume_connection(void *connection)
{
    MHD_resume_connection(connection);
}

/* ---- sending ---- */

/* What the library asks for more of the body. */
static ssize_t
on_more(void *cls, uint64_t pos, char *to, size_t max)
{
    struct call *call = cls;
    ssize_t n = stream_give(&call->stream, to, max);

    (void)pos;
    return n == -1 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

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
    peer_rest(server_of(call)->peers, call->peer);
    if (done == MHD_YES && a->closes && call->x.body_bytes != 0)
        drain_add(server_of(call)->drain, peer_fd(call->peer));
    if (done == MHD_YES)
        done = MHD_queue_response(call->connection, (unsigned)a->status, r);
    if (r != NULL)
        MHD_destroy_response(r);
    traffic_count(call->works->service.traffic, call->x.route, a->status);
    call->phase = PHASE_SENT;
    if (done == MHD_YES && a->is_stream && !is_head(&call->x))
        call_stream(call);
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

    if (atomic_load(&call->works->is_stopping))
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
        peer_body(server_of(call)->peers, call->peer, NULL);
        return MHD_YES;
    }
    if (!call_upload(call))
        return MHD_NO;
    peer_body(server_of(call)->peers, call->peer, x->upload);
    call_load(call);
    return MHD_YES;
}

static enum MHD_Result
take_body(struct call *call, const char *data, size_t *size)
{
    struct exchange *x = &call->x;

    if (x->upload != NULL) {
        call_upload_put(call, data, size);
        return MHD_YES;
    }
    buf_add(&x->body, data, *size);
    if (x->body.full)
        call->excess_bytes += (int64_t)*size;
    *size = 0;
    return call->excess_bytes > EXCESS_BYTES_MAX ? MHD_NO : MHD_YES;
}

/* The request is whole. */
static enum MHD_Result
last(struct call *call)
{
    struct exchange *x = &call->x;

    peer_rest(server_of(call)->peers, call->peer);
    if (x->upload != NULL) {
        call_upload_end(call);
        return MHD_YES;
    }
    if ((x->body_bytes == 0 && !exchange_admit(x)) || !exchange_body(x))
        return send_answer(call);
    if ((x->route->flags & SLOW) == 0) {
        exchange_run(x);
        if (!exchange_would_wait(x))
            return send_answer(call);
    }
    call_away(call);
    return MHD_YES;
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
    if (call_phase(call) == PHASE_FRESH)
        return first(call, method, version);
    if (*size > 0)
        return take_body(call, data, size);
    switch (call_phase(call)) {
    case PHASE_BODY:
        return last(call);
    case PHASE_AWAY:
        call_await(call);
        return MHD_YES;
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
    struct server *s = cls;
    struct call *call = call_new(&s->works, connection);
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
    *state = NULL;
    call_end(call);
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

    s->works.service.gate = gate_new(&gate);
    s->works.service.assets = assets_new();
    s->works.service.traffic = traffic_new();
    s->peers = peers_new();
    if (s->peers == NULL || s->works.service.gate == NULL ||
        s->works.service.assets == NULL || s->works.service.traffic == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the HTTP server");
    TRY(drain_start(d, &s->drain));
    TRY(crew_start(d, c->threads, &s->works.crew));
    TRY(crew_start(d, UPLOADS_AT_ONCE, &s->works.loaders));
    return watch_start(d, on_tick, s, &s->works.watch);
}

static void
parts_free(struct server *s)
{
    watch_free(s->works.watch);
    crew_free(s->works.loaders);
    crew_free(s->works.crew);
    if (s->drain != NULL)
        drain_stop(s->drain);
    traffic_free(s->works.service.traffic);
    assets_free(s->works.service.assets);
    gate_free(s->works.service.gate);
    peers_free(s->peers);
    free(s);
}

static void
threads_stop(struct server *s)
{
    if (s->works.watch != NULL)
        watch_stop(s->works.watch);
    if (s->works.loaders != NULL)
        crew_stop(s->works.loaders);
    if (s->works.crew != NULL)
        crew_stop(s->works.crew);
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
    s->works.service.site = site;
    s->works.suspend = suspend_connection;
    s->works.resume = resume_connection;
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

/* Everybody's answer stands by now. The library drops what it has not sent when it is
 * stopped, so it gets the time that a client in good health needs to take it. */
static void
answers_leave(struct server *s)
{
    int64_t until = clock_mono().us + FAREWELL_US;

    while (atomic_load(&s->works.open) > 0 && clock_mono().us < until)
        usleep(FAREWELL_LOOK_US);
}

void
server_stop(struct server *s)
{
    int fd = MHD_quiesce_daemon(s->daemon);

    atomic_store(&s->works.is_stopping, true);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    peers_abort_uploads(s->peers); /* they would wait for their clients */
    threads_stop(s);
    answers_leave(s);
    MHD_stop_daemon(s->daemon);
    parts_free(s);
}
