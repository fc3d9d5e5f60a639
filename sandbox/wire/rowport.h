/* rowport.h -- row programs: a stranger's Lua text that sees rows, and where it runs.
 *
 * A row program never runs in the process that asks. The engine hands values to a port;
 * behind it is a jailed process of its own (rowrun.h), or a function in tests. A port
 * always gives a value: what fails is the program's declared default, and nobody is told.
 * Only what has nothing to do with data is told: that the text does not compile. */
#ifndef SANDBOX_WIRE_ROWPORT_H
#define SANDBOX_WIRE_ROWPORT_H

#include "policies/schema.h"
#include "sandbox/table/labels.h"

#define ROW_ARGS_MAX       64
#define ROW_PROGRAMS_MAX   8   /* of one question */
#define ROW_TEXT_BYTES_MAX 256 /* of one text that a program sees */
#define ROW_BLOCKS_MAX     1000

enum row_kind {
    ROW_MAP,    /* `row`, a value for each */
    ROW_BLOCK,  /* `rows`, one number; a process for each block */
    ROW_COLLECT /* `rows`, a value like a job's output */
};

struct row_program {
    enum row_kind kind;
    struct str source;
    size_t args_n; /* the fields whose names stand in the source */
    size_t args[ROW_ARGS_MAX];
    struct schema_column types[ROW_ARGS_MAX];
    int decimals; /* of the answer: fixed point, clamped */
    int64_t lower, upper;
    int64_t fallback; /* within them: where the program fails */
    int64_t blocks;   /* that it is run for, one after the other; of a map 0 */
};

/* Up to BATCH_ROWS rows, by argument. labels: of text and id columns, else NULL. */
struct row_batch {
    size_t n;
    const int64_t *values[ROW_ARGS_MAX];
    const uint8_t *valid[ROW_ARGS_MAX];
    const struct labels *labels[ROW_ARGS_MAX];
};

struct row_port {
    void *self;
    /* ERR_INVALID: the text does not compile; says where. Sees no data. */
    enum err (*check)(void *self, struct diag *d, const struct row_program *p);
    /* ROW_MAP: a value for each row. */
    void (*map)(void *self, const struct row_program *p, const struct row_batch *in,
        int64_t *out);
    /* ROW_BLOCK and ROW_COLLECT: open, any number of batches, then one of the ends. */
    void (*open)(void *self, const struct row_program *p);
    void (*feed)(void *self, const struct row_program *p, const struct row_batch *in);
    int64_t (*number)(void *self, const struct row_program *p);
    /* Appends JSON; ERR_UNPROCESSABLE: the program gave no value. */
    enum err (*value)(
        void *self, struct diag *d, const struct row_program *p, struct buf *json);
};

#endif
