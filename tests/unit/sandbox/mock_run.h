/* mock_run.h -- whole runs on a mock of three rows, for tests of the sandbox. */
#ifndef TESTS_UNIT_SANDBOX_MOCK_RUN_H
#define TESTS_UNIT_SANDBOX_MOCK_RUN_H

#include "sandbox/client/runner_client.h"

#define MOCK_WALL_MS 8000

/* The path of a program that stands beside the test program; owned by the caller. */
char *program_beside(const char *name);
/* Starts the runner with a worker (NULL: the real one). Skips the test where the
 * programs are not built. */
struct runner *mock_runner(const char *worker_exe);
/* Age and ward of three persons; lane exact, epsilon 1, 20 questions, one second of
 * processor time. The order's mock_fd is the caller's. */
struct order mock_order(const char *run_id, struct str source);
/* Runs source to its end without a port. */
enum err mock_run(struct runner *r, const char *source, struct outcome *out);
/* The output as canonical text, "" where there is none; owned by the caller. */
char *mock_output(const struct outcome *o);

#endif
