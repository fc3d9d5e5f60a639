/* selftest.c -- does the jail hold here? Every attempt of jail_probe.h is made by a jailed
 * worker of its own, all at once, and each must end as the table says. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "sandbox/jail/jail_probe.h"
#include "sandbox/runner/child.h"
#include "sandbox/runner/ingest.h"
#include "sandbox/runner/worker.h"

#define PROBES_MAX         32
#define PROBE_MEMORY_BYTES (INT64_C(8) << 20)
#define PROBE_CPU_MS       1000
#define READY_US           10000000

static const enum worker_end wanted[] = {
    [PROBE_FORBIDDEN] = WORKER_FORBIDDEN, [PROBE_CPU] = WORKER_CPU};

static enum err
try_all(struct diag *d, const struct worker_home *home, struct jail_layers *layers)
{
    struct worker workers[PROBES_MAX];
    struct monous deadline = {clock_mono().us + READY_US};
    int detail;

    CHECK(jail_probes_n <= PROBES_MAX);
    for (size_t i = 0; i < jail_probes_n; i++) {
        struct worker_limits l = {PROBE_MEMORY_BYTES, PROBE_CPU_MS, (int)i, WORKER_JOB};
        TRY(worker_start(d, home, &l, &workers[i]));
    }
    for (size_t i = 0; i < jail_probes_n; i++) {
        TRY(worker_ready(d, &workers[i], deadline));
        *layers = workers[i].layers;
        enum worker_end end = worker_reap(&workers[i], false, PROBE_CPU_MS, &detail);
        if (end != wanted[jail_probes[i].end]) {
            return FAIL(
                d, ERR_SANDBOX, "a jailed worker could %s", jail_probes[i].name);
        }
    }
    return ERR_OK;
}

_Noreturn void
selftest_main(const struct broker_setup *s, struct frame *order)
{
    BUF_SCOPE(out);
    struct diag d = {0};
    struct jail_layers layers = {0};
    char level[128];
    int fd = frame_take_fd(order, 0);
    enum err e = try_all(&d, &s->home, &layers);

    jail_level(&layers, level);
    buf_init(&out, frame_bytes_max(FRAME_LEVEL));
    field_put_z(&out, level);
    child_end(fd, FRAME_LEVEL, &out, e, &d);
}
