/* mock_run.c -- whole runs on a mock of three rows, for tests of the sandbox. */
#include "tests/unit/sandbox/mock_run.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] =
    "{\"unit\":null,\"columns\":["
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\"],"
    "\"public_categories\":true}]}";
static const char csv[] = "age,ward\n20,A\n30,B\n40,A\n";

char *
program_beside(const char *name)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);

    CHECK(n > 0);
    path[n] = 0;
    snprintf(strrchr(path, '/') + 1, 63, "%s", name);
    return strdup(path);
}

struct runner *
mock_runner(const char *worker_exe)
{
    struct diag d = {0};
    struct runner *r = NULL;
    char *runner = program_beside("datasite-runner"),
         *worker = program_beside("datasite-worker");
    struct runner_config c = {
        .runner_exe = runner, .worker_exe = worker_exe == NULL ? worker : worker_exe};

    if (access(runner, X_OK) != 0 || access(worker, X_OK) != 0)
        cr_skip_test("datasite-runner and datasite-worker are not built");
    cr_assert_eq(runner_start(&d, &c, &r), ERR_OK, "%s", d.text);
    free(runner);
    free(worker);
    return r;
}

struct order
mock_order(const char *run_id, struct str source)
{
    struct diag d = {0};
    struct order o = {.run_id = run_id,
        .source = source,
        .schema_json = STR(schema),
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_PURE,
        .cap = {.eps_nano = NANO},
        .promise = {.epsilon_nano = NANO},
        .rows_assumed = 3,
        .seed = 7,
        .limits = {.cpu_ms = 1000,
            .wall_ms = MOCK_WALL_MS,
            .memory_bytes = 32 << 20,
            .questions_max = 20,
            .output_bytes_max = 65536},
        .mock_fd = -1};

    CHECK(memfd_of(&d, "mock", STR(csv), &o.mock_fd) == ERR_OK);
    return o;
}

enum err
mock_run(struct runner *r, const char *source, struct outcome *out)
{
    struct diag d = {0};
    struct order o = mock_order("run_test", str_of(source));
    enum err e = runner_run(r, &d, &o, NULL, out);

    fd_close_p(&o.mock_fd);
    return e;
}

char *
mock_output(const struct outcome *o)
{
    if (o->output == NULL)
        return strdup("");
    return json_dumps(o->output, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}
