/* worker_main.c -- datasite-worker: shuts its own jail, then runs one script.
 *
 * Started by a broker with one socket as descriptor 3 and three numbers: bytes of memory,
 * seconds of processor time, and the namespaces it was born into. Not a byte of source
 * is read before the filter stands; after that the process can read and write its socket
 * and exit. It ends with _exit: closing a Lua state would run code. */
#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/frame.h"
#include "sandbox/jail.h"
#include "sandbox/jail_heap.h"
#include "sandbox/jail_probe.h"
#include "sandbox/lapi.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_ARGUMENTS  70
#define EXIT_MEMORY     71
#define EXIT_PROTOCOL   72 /* the broker is gone, or sent what we do not understand */
#define LIBC_HEAP_BYTES (256 << 10)

static void
write_all(const void *p, size_t n)
{
    for (const char *at = p; n > 0;) {
        ssize_t done = write(JAIL_SOCKET, at, n);
        if (done <= 0)
            _exit(EXIT_PROTOCOL);
        at += done;
        n -= (size_t)done;
    }
}

static void
read_all(void *p, size_t n)
{
    for (char *at = p; n > 0;) {
        ssize_t done = read(JAIL_SOCKET, at, n);
        if (done <= 0)
            _exit(EXIT_PROTOCOL);
        at += done;
        n -= (size_t)done;
    }
}

static void
send_frame(enum frame_type type, struct str body)
{
    uint8_t head[FRAME_HEAD_BYTES];

    frame_head_put(head, type, body.len);
    write_all(head, sizeof head);
    write_all(body.ptr, body.len);
}

static enum frame_type
read_head(size_t *len)
{
    uint8_t head[FRAME_HEAD_BYTES];
    enum frame_type type;

    read_all(head, sizeof head);
    if (!frame_head_get(head, &type, len))
        _exit(EXIT_PROTOCOL);
    return type;
}

/* ---- the port of a script's world: the socket ---- */

static void
port_print(void *self, struct str line)
{
    (void)self;
    send_frame(FRAME_PRINT, line);
}

static enum luabox_verdict
port_ask(void *self, lua_State *L, enum luabox_ask what, struct str plan)
{
    static const enum frame_type frames[] = {[LUABOX_EXPLAIN] = FRAME_EXPLAIN,
        [LUABOX_RELEASE] = FRAME_RELEASE,
        [LUABOX_EXACT] = FRAME_EXACT};
    size_t n;

    (void)self;
    send_frame(frames[what], plan);
    enum frame_type type = read_head(&n);
    char *text =
        lua_newuserdatauv(L, n + 1, 0); /* may raise: the run ends for memory */
    read_all(text, n);
    lua_pushlstring(L, text, n);
    if (type == FRAME_ANSWER)
        return LUABOX_ANSWER;
    if (type == FRAME_UNPAID)
        return LUABOX_UNPAID;
    if (type == FRAME_DENIED)
        return LUABOX_DENIED;
    if (type != FRAME_WRONG)
        _exit(EXIT_PROTOCOL);
    return LUABOX_WRONG;
}

/* ---- one job ---- */

struct job {
    struct str source, budget;
    uint64_t seed;
    size_t output_bytes_max;
};

static void
read_job(struct job *job)
{
    static char body[SOURCE_BYTES_MAX + 4096];
    size_t n;

    if (read_head(&n) != FRAME_JOB || n > sizeof body)
        _exit(EXIT_PROTOCOL);
    read_all(body, n);
    struct fields f = fields_of((struct str){body, n});
    job->source = field_str(&f, SOURCE_BYTES_MAX);
    job->budget = field_str(&f, sizeof body);
    job->seed = (uint64_t)field_i64(&f, INT64_MIN, INT64_MAX);
    job->output_bytes_max = (size_t)field_i64(&f, 0, FRAME_BYTES_MAX);
    if (!fields_end(&f))
        _exit(EXIT_PROTOCOL);
}

static void
send_end(const struct luabox_report *report)
{
    static char room[1024];
    struct buf b = {.ptr = room, .cap = sizeof room, .max = sizeof room - 1};

    field_put_i64(&b, report->end);
    field_put_i64(&b, report->line);
    field_put_z(&b, report->text);
    send_frame(FRAME_ENDED, buf_str(&b));
}

static void
run_job(struct luabox *box)
{
    struct job job;
    struct luabox_report report;
    struct str output;

    read_job(&job);
    luabox_seed(box, job.seed);
    if (!lapi_set_budget(box, job.budget))
        _exit(EXIT_PROTOCOL);
    luabox_run(box, job.source, job.output_bytes_max, &report);
    if (report.end != LUABOX_OK) {
        send_end(&report);
        return;
    }
    output.ptr = lua_tolstring(box->L, -1, &output.len);
    send_frame(FRAME_DONE, output);
}

/* What libc may want while formatting numbers is there before the jail shuts, and stays. */
static void
prepare_libc(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, LIBC_HEAP_BYTES * 4);
    (void)mallopt(M_MMAP_THRESHOLD, LIBC_HEAP_BYTES * 4);
    void *p = malloc(LIBC_HEAP_BYTES);
    if (p == NULL)
        _exit(EXIT_MEMORY);
    free(p);
}

static void
send_ready(const struct jail_layers *layers)
{
    static char room[64];
    struct buf b = {.ptr = room, .cap = sizeof room, .max = sizeof room - 1};

    field_put_i64(&b, layers->landlock_abi);
    field_put_i64(&b, layers->namespaces);
    send_frame(FRAME_READY, buf_str(&b));
}

int
main(int argc, char **argv)
{
    static const struct luabox_port port = {NULL, port_print, port_ask};
    static struct luabox box;
    struct diag d = {0};
    struct jail jail = {.role = JAIL_WORKER};
    struct jail_layers layers = {0};
    int probe = argc == 5 ? (int)strtol(argv[4], NULL, 10) : -1;

    if (argc != 4 && argc != 5)
        return EXIT_ARGUMENTS;
    jail.memory_bytes = strtoll(argv[1], NULL, 10);
    jail.cpu_s = strtoll(argv[2], NULL, 10);
    layers.namespaces = (unsigned)strtoul(argv[3], NULL, 10);
    if (jail.memory_bytes <= 0 || jail.cpu_s <= 0)
        return EXIT_ARGUMENTS;
    if (jail_isolate(&d, &jail, &layers) != ERR_OK)
        _exit(jail.status);
    prepare_libc();
    struct jail_heap *heap = jail_heap_map((size_t)jail.memory_bytes);
    if (heap == NULL || !luabox_open(&box, jail_heap_alloc, heap, &port) ||
        !lapi_open(&box))
        _exit(EXIT_MEMORY);
    if (jail_seal(&d, &jail) != ERR_OK)
        _exit(jail.status);
    send_ready(&layers);
    if (probe >= 0)
        jail_probe_try(probe);
    run_job(&box);
    _exit(0);
}
