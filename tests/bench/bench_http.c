/* bench_http.c -- requests a second of small resources, beside a bare libmicrohttpd answer in
 * the same run. Servers are threads of this process, the client is a child; rounds alternate
 * so that a busy neighbour hits all alike, and ratios are of the processor time that this
 * process takes for an answer. */
#include "datasite/base/check.h"
#include "datasite/core/keys.h"
#include "datasite/core/session.h"
#include "datasite/datadir.h"
#include "datasite/http/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_N 32
#define ROUNDS_N      5
#define ROUND_US      INT64_C(600000)

struct target {
    const char *what;
    int port;
    char request[512];
    double rate[ROUNDS_N];   /* answers a second */
    double cpu_us[ROUNDS_N]; /* for each */
};

static int
dial(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    CHECK(fd != -1 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static void
ask(int fd, const struct target *t)
{
    size_t n = strlen(t->request);

    CHECK(write(fd, t->request, n) == (ssize_t)n);
}

/* Answers are small: one read takes one whole. */
static bool
take_answer(int fd)
{
    char text[8192];
    ssize_t n = read(fd, text, sizeof text);

    CHECK(n > 12 && memcmp(text + 9, "200", 3) == 0);
    return true;
}

static int64_t
drive(const struct target *t)
{
    struct pollfd set[CONNECTIONS_N];
    int64_t end = clock_mono().us + ROUND_US, answers = 0;

    for (int i = 0; i < CONNECTIONS_N; i++) {
        set[i] = (struct pollfd){.fd = dial(t->port), .events = POLLIN};
        ask(set[i].fd, t);
    }
    while (clock_mono().us < end) {
        CHECK(poll(set, CONNECTIONS_N, 1000) > 0);
        for (int i = 0; i < CONNECTIONS_N; i++) {
            if (set[i].revents == 0)
                continue;
            answers += take_answer(set[i].fd);
            ask(set[i].fd, t);
        }
    }
    return answers;
}

static double
used_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The client is a process of its own, as clients are. */
static void
measure(struct target *t, int round)
{
    int64_t answers = 0;
    double before = used_us();
    int out[2];
    pid_t child;

    CHECK(pipe(out) == 0);
    child = fork();
    if (child == 0) {
        answers = drive(t);
        CHECK(write(out[1], &answers, sizeof answers) == sizeof answers);
        _exit(0);
    }
    CHECK(read(out[0], &answers, sizeof answers) == sizeof answers);
    waitpid(child, NULL, 0);
    close(out[0]);
    close(out[1]);
    t->rate[round] = (double)answers * 1e6 / (double)ROUND_US;
    t->cpu_us[round] = (used_us() - before) / (double)answers;
}

static enum MHD_Result
bare_answer(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
    static char text[] = "{\"status\":\"ok\"}";
    enum MHD_Result done;
    struct MHD_Response *r;

    (void)cls, (void)url, (void)method, (void)version, (void)data, (void)size;
    if (*state == NULL) {
        *state = text;
        return MHD_YES;
    }
    r = MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
    done = MHD_queue_response(connection, 200, r);
    MHD_destroy_response(r);
    return done;
}

static void
site_open(struct site *site, const char *folder)
{
    struct diag d = {0};
    struct datadir dir;
    bool is_new;

    CHECK(datadir_name(&d, folder, &dir) == ERR_OK);
    CHECK(datadir_prepare(&d, &dir, &is_new) == ERR_OK);
    CHECK(keys_open(&d, dir.keys, &site->keys) == ERR_OK);
    CHECK(db_pool_open(&d, dir.database, 8, &site->db) == ERR_OK);
}

/* A signed-in person's cookie. */
static void
cookie_make(struct site *site, char out[128])
{
    ARENA_SCOPE(arena, 1 << 20);
    struct ctx cx = {.arena = arena, .site = site, .now = clock_wall()};
    struct user_draft draft = {
        .email = "bench@example.org", .name = "Bench", .roles = ROLE_OWNER};
    struct session_new session;
    struct user user;

    cx.db = db_take(site->db, DB_RW);
    CHECK(user_create(&cx, &draft, &user) == ERR_OK);
    CHECK(session_open(&cx, &user, &session) == ERR_OK);
    db_give(site->db, cx.db);
    snprintf(out, 128, "%s=%s", session_cookie_name(site), session.cookie);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(double *values)
{
    qsort(values, ROUNDS_N, sizeof *values, by_size);
    return values[ROUNDS_N / 2];
}

static void
report(struct target *targets, size_t n)
{
    double bare = median(targets[0].cpu_us);

    for (size_t i = 0; i < n; i++) {
        double cpu = median(targets[i].cpu_us);
        printf("%-44s %9.0f requests/s, %6.1f us each: %.2f of bare\n", targets[i].what,
            median(targets[i].rate), cpu, bare / cpu);
    }
}

int
main(void)
{
    char folder[] = "/tmp/datasite-bench-XXXXXX", cookie[128], remove[64];
    struct site site = {0};
    struct server_config config = {.host = "127.0.0.1", .threads = 4};
    struct server *server;
    struct diag d = {0};
    struct MHD_Daemon *bare;
    struct target t[3] = {{.what = "bare libmicrohttpd"}, {.what = "GET /healthz"},
        {.what = "GET /api/v1/session (cookie, two look-ups)"}};

    CHECK(sodium_init() != -1 && mkdtemp(folder) != NULL);
    site_open(&site, folder);
    cookie_make(&site, cookie);
    CHECK(server_start(&d, &config, &site, &server) == ERR_OK);
    bare = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, bare_answer,
        NULL, MHD_OPTION_END);
    CHECK(bare != NULL);
    t[0].port = MHD_get_daemon_info(bare, MHD_DAEMON_INFO_BIND_PORT)->port;
    t[1].port = t[2].port = server_port(server);
    for (size_t i = 0; i < ARRAY_N(t); i++)
        snprintf(t[i].request, sizeof t[i].request,
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %s\r\n\r\n",
            i == 2 ? "/api/v1/session" : "/healthz", cookie);
    for (int round = 0; round < ROUNDS_N; round++)
        for (size_t i = 0; i < ARRAY_N(t); i++)
            measure(&t[i], round);
    report(t, ARRAY_N(t));
    MHD_stop_daemon(bare);
    server_stop(server);
    db_pool_close(site.db);
    keys_close(site.keys);
    snprintf(remove, sizeof remove, "rm -rf %s", folder);
    return system(remove) == 0 ? 0 : 1;
}
