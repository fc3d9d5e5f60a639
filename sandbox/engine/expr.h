/* expr.h -- expressions in Lua syntax over the fields of one row; total and null-safe.
 *
 * Numbers are fixed point. A comparison with null is false, also `~=`; `x == nil` asks
 * for null. Arithmetic with null is null; division by zero is null; what leaves +-2^62
 * saturates. `/` has six decimals or those of its operands if more, rounded half away
 * from zero. A field whose name is no Lua name is written row["its name"].
 *
 * A text is compiled to straight code over registers that hold BATCH_ROWS values each.
 * Types, decimals and ranges are settled while compiling, from declarations alone. */
#ifndef SANDBOX_ENGINE_EXPR_H
#define SANDBOX_ENGINE_EXPR_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"
#include "sandbox/engine/field.h"
#include "sandbox/table/kernel.h"

enum expr_op {
    EXPR_FIELD,    /* r = field */
    EXPR_CONSTANT, /* r = value */
    EXPR_TRUTH,    /* condition r = (r is true and not null) */
    EXPR_SCALE,    /* r = r * value, cannot overflow */
    EXPR_RESCALE,  /* r = r * value / other, rounded, saturating */
    EXPR_NEGATE,
    EXPR_ADD,
    EXPR_SUBTRACT,
    EXPR_MULTIPLY, /* r = r op r+1, cannot overflow */
    EXPR_ADD_WIDE,
    EXPR_SUBTRACT_WIDE, /* saturating */
    EXPR_MULTIPLY_WIDE, /* … and divided by value */
    EXPR_DIVIDE,
    EXPR_FLOOR_DIVIDE,
    EXPR_MODULO, /* r = r * value op r+1 */
    EXPR_EQ,
    EXPR_NE,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,               /* condition r = r cmp r+1 */
    EXPR_COMPARE_CONSTANT, /* condition r = r how value */
    /* a field that is read in place, as narrow as its column is */
    EXPR_COMPARE_FIELD, /* condition r = field how value */
    EXPR_SCALE_FIELD,   /* r = field * value, cannot overflow */
    EXPR_ADD_FIELD,     /* r = field + r+1, cannot overflow */
    EXPR_TEXT_EQ,
    EXPR_TEXT_NE, /* r against the literal `text` */
    EXPR_IS_NULL,
    EXPR_IS_VALUE,
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT /* of conditions */
};

struct expr_step {
    enum expr_op op;
    int reg;
    size_t field;
    int64_t value, other;
    enum kernel_compare how;
    const int64_t *constant; /* CONSTANT: value, BATCH_ROWS times */
    struct str text;
};

struct expr {
    struct expr_step *steps;
    size_t steps_n;
    int regs_n;
    bool is_condition;     /* else a number or a date */
    enum column_type type; /* COL_INTEGER, COL_DECIMAL, COL_DATE or COL_BOOLEAN */
    int decimals;
    int64_t lower, upper; /* whatever the fields hold within their bounds */
};

/* Fewer steps that say the same. */
void expr_tighten(struct expr *e);
bool expr_reads_in_place(const struct expr_step *s);

/* what: for messages ("where"). ERR_INVALID names the place in the text. */
enum err expr_parse(struct diag *d, struct arena *a, const struct scope *s,
    const char *what, struct str text, struct expr **out) NODISCARD;

/* A register: values with validity, its own or borrowed; a condition is in `mask` alone. */
struct expr_reg {
    const int64_t *values;
    const uint8_t *mask;
    int64_t own_values[BATCH_ROWS];
    uint8_t own_mask[BATCH_ROWS];
};
#define EXPR_REGS_MAX 32

/* Integers of `width` bytes, as a column keeps them. */
struct expr_lying {
    const void *values;
    int width;
};

/* Where the values of fields are for the batch at hand. */
struct expr_input {
    const int64_t *const *values; /* by field; NULL where not needed */
    const uint8_t *const *valid;
    const struct expr_lying *lying; /* by field, also of those only read in place */
    const int64_t *codes; /* by step: the code of its `text`, -1: no such text */
};
/* regs[0] holds the answer. */
void expr_run(
    const struct expr *e, const struct expr_input *in, struct expr_reg *regs, size_t n);

#endif
