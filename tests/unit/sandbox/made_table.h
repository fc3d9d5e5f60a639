/* made_table.h -- tables for tests: a schema document and CSV text, in memory. */
#ifndef TESTS_UNIT_SANDBOX_MADE_TABLE_H
#define TESTS_UNIT_SANDBOX_MADE_TABLE_H

#include "datasite/base/arena.h"
#include "sandbox/engine/question.h"
#include "sandbox/table/csv.h"

struct made_table {
    struct diag diag;
    struct arena *arena;
    struct schema schema;
    struct table table;
    struct csv_report report;
};

/* Aborts the test when the schema is wrong; a CSV error is returned and in m->diag. */
enum err made_table(struct made_table *m, const char *schema, const char *csv);
enum err made_table_fd(struct made_table *m, const char *schema, int fd);
void made_table_release(struct made_table *m);
struct schema made_schema(struct arena *a, const char *schema);
/* A descriptor that reads as text. */
int made_fd(const char *text, size_t n);

/* How a question ends, with its answer document (owned by the arena). */
struct asked {
    enum err err;
    const char *json; /* "" on failure */
    struct budget price;
    const char *text; /* what the diag says */
};
struct asked ask(struct made_table *m, const char *plan); /* lane rows, pure */
struct asked ask_in(
    struct made_table *m, enum lane lane, enum accounting accounting, const char *plan);
/* The exact value of a scalar question given as ops and measure. */
const char *exactly(struct made_table *m, const char *ops, const char *measure);

#endif
