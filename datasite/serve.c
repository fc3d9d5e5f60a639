/* serve.c -- brings the parts of a server up in order, and down in the reverse. */
#include "datasite/serve.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "datasite/carrier.h"
#include "datasite/client.h"
#include "datasite/core/jailtest.h"
#include "datasite/core/keys.h"
#include "datasite/core/queue.h"
#include "datasite/core/settings.h"
#include "datasite/core/setup.h"
#include "datasite/datadir.h"
#include "datasite/http/router.h"
#include "datasite/http/server.h"
#include "sandbox/jail/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_BYTES_MAX ((size_t)256 << 20)
/* Connections for those who hold one for long: uploads, queue, watch, HTTP thread. */
#define READERS_BESIDE_THREADS 12

struct serving {
    const struct config *config;
    char host[256];
    int port;
    const char *hosts[HOSTS_MAX];
    struct datadir dir;
    int lock_fd;
    struct site site;
    struct server *server;
    struct carrier carrier;
    struct courier *courier;
    sigset_t ends; /* SIGTERM, SIGINT */
};

/* Two servers on one folder would each believe to be the only writer. */
static enum err
folder_lock(struct diag *d, struct serving *s)
{
    char path[DATADIR_PATH_MAX + 8];

    if (mkdir(s->dir.dir, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", s->dir.dir, strerror(errno));
    snprintf(path, sizeof path, "%s/lock", s->dir.dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd == -1)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1)
        return FAIL(
            d, ERR_CONFLICT, "%s: another server runs on this folder", s->dir.dir);
    return ERR_OK;
}

static enum err
names_take(struct diag *d, struct serving *s)
{
    const struct config *c = s->config;
    bool is_v6;

    if (!config_listen(c->listen, s->host, &s->port))
        return FAIL(d, ERR_INVALID, "%s: --listen takes HOST:PORT", c->listen);
    TRY(datadir_name(d, c->data_dir, &s->dir));
    is_v6 = strchr(s->host, ':') != NULL;
    snprintf(s->site.data_dir, sizeof s->site.data_dir, "%s", s->dir.dir);
    snprintf(s->site.name, sizeof s->site.name, "%s", c->site_name);
    s->site.private_webhooks = c->private_webhooks;
    snprintf(s->site.url, sizeof s->site.url,
        is_v6 ? "http://[%.200s]" : "http://%.200s", s->host);
    return ERR_OK;
}

static enum err
program_digest(struct diag *d, const char *path, char out[65])
{
    BUF_SCOPE(bytes);

    buf_init(&bytes, PROGRAM_BYTES_MAX);
    TRY(file_read(d, path, &bytes));
    digest_text(digest_bytes(buf_str(&bytes)), out);
    return ERR_OK;
}

/* What an approval is bound to, beside code and data: the very programs that run it. */
static enum err
runtime_name(
    struct diag *d, const char *runner, const char *worker, char *out, size_t cap)
{
    char of_runner[65], of_worker[65];

    TRY(program_digest(d, runner, of_runner));
    TRY(program_digest(d, worker, of_worker));
    snprintf(out, cap, "datasite %s (runner %.16s, worker %.16s)", DATASITE_VERSION,
        of_runner, of_worker);
    return ERR_OK;
}

/* Before threads are started and the database is open: the runner must inherit neither. */
static enum err
runner_up(struct diag *d, struct serving *s)
{
    char runner[DATADIR_PATH_MAX], worker[DATADIR_PATH_MAX];
    struct runner_config c = {runner, worker, s->dir.vault, s->dir.vault_key};

    TRY(program_beside(d, "datasite-runner", runner));
    TRY(program_beside(d, "datasite-worker", worker));
    TRY(runtime_name(d, runner, worker, s->site.runtime, sizeof s->site.runtime));
    return runner_start(d, &c, &s->site.runner);
}

static enum err
database_up(struct diag *d, struct serving *s)
{
    bool is_new;

    TRY(datadir_prepare(d, &s->dir, &is_new));
    TRY(keys_open(d, s->dir.keys, &s->site.keys));
    TRY(router_check_table(d));
    TRY(db_pool_open(
        d, s->dir.database, s->config->threads + READERS_BESIDE_THREADS, &s->site.db));
    return queue_recover(&s->site, d, NULL);
}

/* A jail that does not hold is told by /readyz, and no job runs; one that is less than
 * the configuration asks for ends the start, which then waits for the test. */
static enum err
jail_test(struct diag *d, struct serving *s)
{
    const char *least = s->config->jail_minimum;
    struct diag why = {0};
    char level[128];

    TRY(jailtest_start(&s->site, d));
    if (config_jail_suffices("", least))
        return ERR_OK;
    bool holds = jailtest_await(&s->site, &why) == ERR_OK;
    jailtest_state(&s->site, level);
    if (!config_jail_suffices(level, least))
        return FAIL(d, ERR_SANDBOX, "the jail gives %s; jail_minimum asks for %s",
            holds ? level : why.text, least);
    return ERR_OK;
}

/* The threads that are started from here on keep the site's folder and what libc reads;
 * they start no program. The runner's keeper is outside already, because what it starts
 * again must be able to shut itself in. */
static enum err
shut_in(struct diag *d, const struct serving *s)
{
    const struct jail_path paths[] = {
        {s->dir.dir, JAIL_USE_KEEP},
        {"/etc", JAIL_USE_READ},
        {"/run/systemd/resolve", JAIL_USE_READ}, /* where /etc/resolv.conf may lead */
        {"/usr", JAIL_USE_READ},
        {"/lib", JAIL_USE_READ},
        {"/lib64", JAIL_USE_READ},
        {"/dev/null", JAIL_USE_WRITE},
        {"/dev/urandom", JAIL_USE_WRITE},
    };
    struct jail jail = {.role = JAIL_SERVER, .paths = paths, .paths_n = ARRAY_N(paths)};

    return jail_seal(d, &jail);
}

/* What the start itself writes: settings of the configuration, and a setup link. */
struct desk {
    struct ctx cx;
    struct site *site;
};

static void
desk_close(struct desk *k)
{
    if (k->cx.db != NULL)
        db_give(k->site->db, k->cx.db);
    arena_free(k->cx.arena);
}

static enum err
settings_put(struct ctx *cx, const struct config *c)
{
    const struct {
        const char *name;
        int value; /* -1: the configuration says nothing */
    } flags[] = {
        {"tokens_may_decide", c->set_tokens ? c->tokens_may_decide : -1},
        {"second_admin", c->second_admin},
        {"transparency", c->transparency},
    };

    if (c->set_name)
        TRY(settings_set(cx, "site_name", c->site_name));
    for (size_t i = 0; i < ARRAY_N(flags); i++) {
        if (flags[i].value != -1)
            TRY(settings_set(cx, flags[i].name, flags[i].value ? "true" : "false"));
    }
    return ERR_OK;
}

static enum err
setup_link(struct ctx *cx, char link[512])
{
    char token[SETUP_TOKEN_BYTES];
    int64_t users;

    link[0] = '\0';
    TRY(user_count(cx, &users));
    if (users > 0)
        return ERR_OK;
    TRY(setup_token_new(cx, token));
    snprintf(link, 512, "%s/setup#token=%s", cx->site->url, token);
    sodium_memzero(token, sizeof token);
    return ERR_OK;
}

static enum err
desk_work(struct diag *d, struct serving *s, char link[512])
{
    struct desk desk __attribute__((cleanup(desk_close))) = {.site = &s->site};
    enum err code;

    desk.cx = (struct ctx){.arena = arena_new(REQUEST_ARENA_BYTES),
        .site = &s->site,
        .db = db_take(s->site.db, DB_RW),
        .now = clock_wall(),
        .actor = {.roles = ROLE_SYSTEM}};
    if (desk.cx.arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory");
    code = settings_put(&desk.cx, s->config);
    if (code == ERR_OK)
        code = setup_link(&desk.cx, link);
    if (code != ERR_OK)
        *d = desk.cx.diag;
    return code;
}

static enum err
http_up(struct diag *d, struct serving *s)
{
    struct server_config c = {.host = s->host,
        .port = s->port,
        .threads = s->config->threads,
        .requests_per_s = s->config->requests_per_s,
        .hosts = s->hosts,
        .hosts_n = s->config->hosts_n};

    for (size_t i = 0; i < c.hosts_n; i++)
        s->hosts[i] = s->config->hosts[i];
    return server_start(d, &c, &s->site, &s->server);
}

static void
announce(const struct serving *s, const char *link)
{
    if (link[0] != '\0') {
        printf("no account yet; within 30 minutes, make the first one once at\n  %s\n",
            link);
    }
    printf("listening on %s\n", s->site.url);
    fflush(stdout);
}

static void
url_complete(struct serving *s, int port)
{
    size_t n = strlen(s->site.url);

    snprintf(s->site.url + n, sizeof s->site.url - n, ":%d", port);
}

static enum err
serve_up(struct diag *d, struct serving *s)
{
    TRY(names_take(d, s));
    TRY(folder_lock(d, s));
    TRY(datadir_settle_vault(d, &s->dir));
    TRY(runner_up(d, s));
    TRY(database_up(d, s));
    TRY(shut_in(d, s));
    TRY(jail_test(d, s));
    return http_up(d, s);
}

/* Letters name the site's address, which is known once the server listens. */
static enum err
courier_up(struct diag *d, struct serving *s)
{
    struct courier_port port;

    s->carrier = (struct carrier){.private_ok = s->config->private_webhooks,
        .smtp_url = s->config->smtp_url,
        .from = s->config->smtp_from};
    port = carrier_port(&s->carrier);
    return courier_start(&s->site, d, &port, &s->courier);
}

static enum err
serve_until_signal(struct diag *d, struct serving *s)
{
    char link[512];
    int signal_n;

    TRY(serve_up(d, s));
    url_complete(s, server_port(s->server));
    TRY(desk_work(d, s, link));
    TRY(queue_start(&s->site, d, s->config->runs_at_once));
    TRY(courier_up(d, s));
    announce(s, link);
    sodium_memzero(link, sizeof link);
    CHECK(sigwait(&s->ends, &signal_n) == 0);
    log_event(LOG_INFO, "server.stopping", "signal %d", signal_n);
    return ERR_OK;
}

static void
serve_down(struct serving *s)
{
    if (s->server != NULL)
        server_stop(s->server);
    if (s->courier != NULL)
        courier_stop(s->courier);
    if (s->site.queue != NULL)
        queue_stop(&s->site);
    jailtest_stop(&s->site);
    if (s->site.runner != NULL)
        runner_stop(s->site.runner);
    if (s->site.db != NULL)
        db_pool_close(s->site.db);
    if (s->site.keys != NULL)
        keys_close(s->site.keys);
    if (s->lock_fd != -1)
        close(s->lock_fd);
}

enum err
serve_site(struct diag *d, const struct config *c)
{
    struct serving s = {.config = c, .lock_fd = -1};
    enum err code;

    if (sodium_init() == -1)
        return FAIL(d, ERR_INTERNAL, "libsodium cannot be started");
    json_object_seed(0);
    log_init("datasite", LOG_INFO);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&s.ends);
    sigaddset(&s.ends, SIGTERM);
    sigaddset(&s.ends, SIGINT);
    sigprocmask(SIG_BLOCK, &s.ends, NULL);
    code = client_init(d);
    if (code == ERR_OK)
        code = serve_until_signal(d, &s);
    serve_down(&s);
    return code;
}
