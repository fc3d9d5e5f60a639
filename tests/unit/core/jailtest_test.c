/* jailtest_test.c -- a jail that holds, one that does not, and one that nobody tried. */
#include "datasite/core/jailtest.h"

#include "datasite/base/check.h"
#include "datasite/core/site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct site site;

/* The programs stand beside this one. */
static void
beside(const char *name, char out[4096])
{
    ssize_t n = readlink("/proc/self/exe", out, 4000);

    CHECK(n > 0);
    out[n] = '\0';
    snprintf(strrchr(out, '/') + 1, 64, "%s", name);
}

/* With another program in the worker's place, or the worker itself. */
static enum err
test_with(const char *worker, struct diag *d, char level[128])
{
    char runner[4096], own[4096];
    struct runner_config c = {.runner_exe = runner};
    enum err err;

    beside("datasite-runner", runner);
    beside("datasite-worker", own);
    c.worker_exe = worker != NULL ? worker : own;
    if (access(runner, X_OK) != 0 || access(own, X_OK) != 0)
        cr_skip_test("datasite-runner and datasite-worker are not built");
    cr_assert_eq(runner_start(d, &c, &site.runner), ERR_OK, "%s", d->text);
    cr_assert_eq(jailtest_start(&site, d), ERR_OK, "%s", d->text);
    err = jailtest_await(&site, d);
    cr_expect_eq(jailtest_state(&site, level), err == ERR_OK ? JAIL_HOLDS : JAIL_UNFIT);
    jailtest_stop(&site);
    runner_stop(site.runner);
    return err;
}

Test(jailtest, a_worker_that_is_jailed_passes)
{
    struct diag d = {0};
    char level[128];

    cr_assert_eq(test_with(NULL, &d, level), ERR_OK, "%s", d.text);
    cr_expect_not_null(strstr(level, "seccomp"), "%s", level);
}

Test(jailtest, another_program_does_not)
{
    struct diag d = {0};
    char level[128];

    cr_assert_eq(test_with("/bin/true", &d, level), ERR_SANDBOX);
    cr_expect_not_null(strstr(d.text, "did not pass its self-test"), "%s", d.text);
    cr_expect_str_eq(level, "");
}

Test(jailtest, what_nobody_tried_is_unfit)
{
    struct diag d = {0};
    char level[128];

    cr_expect_eq(jailtest_state(&site, level), JAIL_UNFIT);
    cr_expect_eq(jailtest_await(&site, &d), ERR_SANDBOX);
    jailtest_stop(&site);
}
