/* corpus_test.c -- every script of tests/sandbox ends as its first line says.
 *
 *   -- expect: ok JSON | error TEXT | timeout | memory | violation | policy | budget
 *   -- lane: dp            (else: exact)
 *   -- raw                 (the header is not part of the source)
 *
 * Each runs through the real runner, broker and jailed worker, and must end in bounded
 * time. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "tests/unit/sandbox/mock_run.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER        "tests/sandbox"
#define SCRIPTS_MAX   1000
#define SCRIPTS_LEAST 150
#define LANES_N       2 /* runs at once */

static struct corpus {
    struct runner *runner;
    char *names[SCRIPTS_MAX];
    size_t names_n, next;
    int failed_n;
    pthread_mutex_t lock;
} corpus = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
list_scripts(void)
{
    DIR *dir = opendir(FOLDER);
    struct dirent *e;

    cr_assert_not_null(dir, "run from the root of the tree");
    while ((e = readdir(dir)) != NULL) {
        size_t n = strlen(e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".lua") == 0 &&
            corpus.names_n < SCRIPTS_MAX)
            corpus.names[corpus.names_n++] = strdup(e->d_name);
    }
    closedir(dir);
    qsort(corpus.names, corpus.names_n, sizeof corpus.names[0], by_name);
}

/* Does the outcome fit "ok JSON", "error TEXT" or a bare kind? */
static bool
is_expected(const char *expect, const struct outcome *o, const char *output)
{
    static const struct {
        const char *word;
        enum outcome_kind kind;
    } kinds[] = {{"ok", OUTCOME_OK}, {"error", OUTCOME_SCRIPT_ERROR},
        {"timeout", OUTCOME_TIMEOUT}, {"memory", OUTCOME_MEMORY},
        {"violation", OUTCOME_SANDBOX_VIOLATION}, {"policy", OUTCOME_POLICY},
        {"budget", OUTCOME_BUDGET}};

    for (size_t i = 0; i < ARRAY_N(kinds); i++) {
        size_t n = strlen(kinds[i].word);
        if (strncmp(expect, kinds[i].word, n) != 0)
            continue;
        const char *rest = expect + n + (expect[n] == ' ');
        if (kinds[i].kind != o->kind)
            return false;
        if (o->kind == OUTCOME_OK)
            return *rest == 0 || strcmp(rest, output) == 0;
        return strstr(o->text, rest) != NULL;
    }
    return false;
}

static void
fail(const char *name, const char *what, const char *text)
{
    fprintf(stderr, "%s: %s %s\n", name, what, text);
    pthread_mutex_lock(&corpus.lock);
    corpus.failed_n++;
    pthread_mutex_unlock(&corpus.lock);
}

static void
run_script(const char *name, const char *expect, struct str source, enum lane lane)
{
    struct diag d = {0};
    struct outcome out;
    struct order o = mock_order(name, source);
    int64_t began = clock_mono().us;

    o.lane = lane;
    enum err e = runner_run(corpus.runner, &d, &o, NULL, &out);
    fd_close_p(&o.mock_fd);
    if (e != ERR_OK) {
        fail(name, "no outcome:", d.text);
        return;
    }
    char *output = mock_output(&out);
    char what[512];
    snprintf(what, sizeof what, "expected %s, ended as %s %.60s", expect,
        outcome_name(out.kind), output);
    if (!is_expected(expect, &out, output))
        fail(name, what, out.text);
    if (clock_mono().us - began > (MOCK_WALL_MS + 2000) * INT64_C(1000))
        fail(name, "took too long", "");
    free(output);
    outcome_release(&out);
}

static void
run_file(const char *name)
{
    BUF_SCOPE(text);
    struct diag d = {0};
    char path[512], expect[256] = "";
    enum lane lane = LANE_EXACT;

    snprintf(path, sizeof path, FOLDER "/%s", name);
    buf_init(&text, 1 << 20);
    if (file_read(&d, path, &text) != ERR_OK ||
        sscanf(text.ptr, "-- expect: %255[^\n]", expect) != 1) {
        fail(name, "has no expectation", d.text);
        return;
    }
    struct str source = buf_str(&text);
    char *second = strchr(text.ptr, '\n') + 1;
    if (strncmp(second, "-- lane: dp\n", 12) == 0)
        lane = LANE_DP;
    if (strncmp(second, "-- raw\n", 7) == 0)
        source = (struct str){second + 7, text.len - (size_t)(second + 7 - text.ptr)};
    run_script(name, expect, source, lane);
}

static void *
work(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&corpus.lock);
        size_t i = corpus.next++;
        pthread_mutex_unlock(&corpus.lock);
        if (i >= corpus.names_n)
            return unused;
        run_file(corpus.names[i]);
    }
}

Test(corpus, every_script_ends_as_it_says, .timeout = 300)
{
    pthread_t threads[LANES_N];

    list_scripts();
    cr_assert_geq(corpus.names_n, SCRIPTS_LEAST);
    corpus.runner = mock_runner(NULL);
    for (size_t i = 0; i < LANES_N; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (size_t i = 0; i < LANES_N; i++)
        pthread_join(threads[i], NULL);
    runner_stop(corpus.runner);
    cr_assert_eq(corpus.failed_n, 0);
}

/* What a script sees of the inside of its process: the order of walks, texts of values,
 * random numbers, what a sort compares. */
static const char looks[] =
    "local t, o = {}, {} for i = 1, 200 do t['k' .. i * 7919 % 1000] = i end"
    " for k, v in pairs(t) do o[#o + 1] = k .. v end"
    " for k in next, {z = 1, y = 1, x = 1, [true] = 1} do o[#o + 1] = tostring(k) end"
    " local list, calls = {}, {} for i = 1, 300 do list[i] = i * 37 % 101 end"
    " table.sort(list, function(a, b) calls[#calls + 1] = a * 1000 + b return a < b "
    "end)"
    " return {table.concat(o, ' '), tostring(t), tostring(print), math.random(1 << 40),"
    " #calls, calls[77], calls[#calls], select(2, pcall(error, t)) == t,"
    " (select(2, pcall(function() return t.a.b end)))}";

Test(corpus, twenty_processes_look_alike)
{
    struct runner *runner = mock_runner(NULL);
    char *first = NULL;

    for (int i = 0; i < 20; i++) {
        struct outcome out;
        cr_assert_eq(mock_run(runner, looks, &out), ERR_OK);
        cr_assert_eq(out.kind, OUTCOME_OK, "%s", out.text);
        char *output = mock_output(&out);
        if (first == NULL) {
            first = strdup(output);
        } else {
            cr_expect_str_eq(output, first);
        }
        free(output);
        outcome_release(&out);
    }
    free(first);
    runner_stop(runner);
}
