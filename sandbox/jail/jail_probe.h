/* jail_probe.h -- what a jailed worker must not be able to do, to be tried at start.
 *
 * Each attempt is made by a worker of its own, after its jail is shut; every one must end
 * that worker as the table says. */
#ifndef SANDBOX_JAIL_JAIL_PROBE_H
#define SANDBOX_JAIL_JAIL_PROBE_H

#include <stddef.h>

enum probe_end {
    PROBE_FORBIDDEN, /* killed by the filter: SIGSYS */
    PROBE_CPU        /* killed by the processor limit */
};
struct probe {
    const char *name; /* "open a file" */
    enum probe_end end;
    void (*attempt)(void);
};
extern const struct probe jail_probes[];
extern const size_t jail_probes_n;

/* Makes the attempt and ends the process: with status 0 if it survived, which is bad. */
_Noreturn void jail_probe_try(int i);

#endif
