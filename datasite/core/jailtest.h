/* jailtest.h -- whether the jail was found to hold: tried in a thread of its own, so that
 * the server answers meanwhile. No script runs before that is known. */
#ifndef DATASITE_CORE_JAILTEST_H
#define DATASITE_CORE_JAILTEST_H

#include "datasite/core/ctx.h"

struct site;

enum jail_state {
    JAIL_UNDER_TEST,
    JAIL_HOLDS,
    JAIL_UNFIT
};

/* site->runner is up. */
enum err jailtest_start(struct site *site, struct diag *d) NODISCARD;
/* Before the runner stops; waits for a test under way. */
void jailtest_stop(struct site *site);

/* What is known by now; level is "" unless the jail holds. A site without a test is
 * unfit. */
enum jail_state jailtest_state(const struct site *site, char level[128]);
/* Waits for the test's end; ERR_SANDBOX where the jail does not hold. */
enum err jailtest_await(const struct site *site, struct diag *d) NODISCARD;

#endif
