/* worker_main.c -- datasite-worker: shuts its own jail, then runs one script.
 *
 * Started by a broker or its starter with one socket as descriptor 3 and four numbers:
 * bytes of memory, seconds of processor time, the namespaces it was born into, and its
 * role (worker_role.h). Not a byte of source is read before the filter stands; after that the
 * process can read and write its socket and exit. It ends with _exit: closing a Lua state
 * would run code. */
#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/jail/jail.h"
#include "sandbox/jail/jail_probe.h"
#include "sandbox/wire/worker_role.h"
#include "sandbox/worker/attack.h"
#include "sandbox/worker/jail_heap.h"
#include "sandbox/worker/jail_socket.h"
#include "sandbox/worker/lapi.h"
#include "sandbox/worker/luarows.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EXIT_ARGUMENTS  70
#define EXIT_MEMORY     71
#define LIBC_HEAP_BYTES (256 << 10)

/* ---- the port of a script's world: the socket ---- */

static void
port_print(void *self, struct str line)
{
    (void)self;
    jail_socket_send(FRAME_PRINT, line);
}

static enum luabox_verdict
port_ask(void *self, lua_State *L, enum luabox_ask what, struct str plan)
{
    static const enum frame_type frames[] = {[LUABOX_EXPLAIN] = FRAME_EXPLAIN,
        [LUABOX_RELEASE] = FRAME_RELEASE,
        [LUABOX_EXACT] = FRAME_EXACT};
    size_t n;

    (void)self;
    jail_socket_send(frames[what], plan);
    enum frame_type type = jail_socket_head(&n);
    char *text =
        lua_newuserdatauv(L, n + 1, 0); /* may raise: the run ends for memory */
    jail_socket_read(text, n);
    lua_pushlstring(L, text, n);
    if (type == FRAME_ANSWER)
        return LUABOX_ANSWER;
    if (type == FRAME_UNPAID)
        return LUABOX_UNPAID;
    if (type == FRAME_DENIED)
        return LUABOX_DENIED;
    if (type != FRAME_WRONG)
        _exit(JAIL_EXIT_PROTOCOL);
    return LUABOX_WRONG;
}

/* ---- one job ---- */

struct job {
    struct str source, dataset, budget;
    uint64_t seed;
    size_t output_bytes_max;
};

static void
read_job(struct job *job)
{
    static char body[SOURCE_BYTES_MAX + 4096];
    size_t n;

    if (jail_socket_head(&n) != FRAME_JOB || n > sizeof body)
        _exit(JAIL_EXIT_PROTOCOL);
    jail_socket_read(body, n);
    struct fields f = fields_of((struct str){body, n});
    job->source = field_str(&f, SOURCE_BYTES_MAX);
    job->dataset = field_str(&f, NAME_BYTES_MAX);
    job->budget = field_str(&f, sizeof body);
    job->seed = (uint64_t)field_i64(&f, INT64_MIN, INT64_MAX);
    job->output_bytes_max = (size_t)field_i64(&f, 0, FRAME_BYTES_MAX);
    if (!fields_end(&f))
        _exit(JAIL_EXIT_PROTOCOL);
}

static void
send_end(const struct luabox_report *report)
{
    static char room[1024];
    struct buf b = {.ptr = room, .cap = sizeof room, .max = sizeof room - 1};

    field_put_i64(&b, report->end);
    field_put_i64(&b, report->line);
    field_put_z(&b, report->text);
    jail_socket_send(FRAME_ENDED, buf_str(&b));
}

static void
run_job(struct luabox *box)
{
    struct job job;
    struct luabox_report report;
    struct str output;

    read_job(&job);
    attack_after_ready(job.source);
    luabox_seed(box, job.seed);
    if (!lapi_set_dataset(box, job.dataset) || !lapi_set_budget(box, job.budget))
        _exit(JAIL_EXIT_PROTOCOL);
    luabox_run(box, job.source, job.output_bytes_max, &report);
    if (report.end != LUABOX_OK) {
        send_end(&report);
        return;
    }
    output.ptr = lua_tolstring(box->L, -1, &output.len);
    jail_socket_send(FRAME_DONE, output);
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
    jail_socket_send(FRAME_READY, buf_str(&b));
}

/* The Lua state of the role. */
static bool
open_state(
    enum worker_role role, size_t bytes, struct luabox *box, struct luarows *rows)
{
    static const struct luabox_port port = {NULL, port_print, port_ask};
    struct jail_heap *heap;
    void *memory;

    if (role != WORKER_JOB) {
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return memory != MAP_FAILED &&
            luarows_open(rows, role == WORKER_MAP, memory, bytes);
    }
    heap = jail_heap_map(bytes);
    return heap != NULL && luabox_open(box, jail_heap_alloc, heap, &port) &&
        lapi_open(box);
}

int
main(int argc, char **argv)
{
    static struct luabox box;
    static struct luarows rows;
    struct diag d = {0};
    struct jail jail = {.role = JAIL_WORKER};
    struct jail_layers layers = {0};
    int probe = argc == 6 ? (int)strtol(argv[5], NULL, 10) : -1;

    (void)prctl(
        PR_SET_NAME, "datasite-worker"); /* who is run by a descriptor has none */
    attack_before_jail(argc, argv);
    if (argc != 5 && argc != 6)
        return EXIT_ARGUMENTS;
    jail.memory_bytes = strtoll(argv[1], NULL, 10);
    jail.cpu_s = strtoll(argv[2], NULL, 10);
    layers.namespaces = (unsigned)strtoul(argv[3], NULL, 10);
    enum worker_role role = (enum worker_role)strtoul(argv[4], NULL, 10);
    if (jail.memory_bytes <= 0 || jail.cpu_s <= 0 || role > WORKER_BLOCK)
        return EXIT_ARGUMENTS;
    if (jail_isolate(&d, &jail, &layers) != ERR_OK)
        _exit(jail.status);
    prepare_libc();
    if (!open_state(role, (size_t)jail.memory_bytes, &box, &rows))
        _exit(EXIT_MEMORY);
    if (jail_seal(&d, &jail) != ERR_OK)
        _exit(jail.status);
    send_ready(&layers);
    if (probe >= 0)
        jail_probe_try(probe);
    if (role != WORKER_JOB)
        luarows_serve(&rows);
    run_job(&box);
    _exit(0);
}
