/* expr_compile.h -- an expression on its way to code, for expr.c and expr_reduce.c alone.
 *
 * An operand that waits for its operation stands in the register of its place on the
 * operand stack; an operation takes the two topmost and leaves its result in the lower. */
#ifndef SANDBOX_ENGINE_EXPR_COMPILE_H
#define SANDBOX_ENGINE_EXPR_COMPILE_H

#include "datasite/base/limits.h"
#include "sandbox/engine/expr.h"
#include "sandbox/engine/lex.h"

#define EXPR_SATURATED    (VALUE_ABS_MAX - 1)
#define EXPR_DECIMALS_MAX 9
#define OPERATORS_MAX     64

/* What a text stands for while it is being compiled. */
enum kind {
    KIND_NUMBER,
    KIND_DATE,
    KIND_BOOLEAN,
    KIND_CATEGORY,
    KIND_TEXT,
    KIND_CONDITION,
    KIND_STRING, /* a literal: no code yet */
    KIND_NIL
};

struct operand {
    enum kind kind;
    int column, decimals;
    bool constant; /* a literal: lower is its value */
    int64_t lower, upper;
    const struct field *field; /* CATEGORY, TEXT */
    struct str text;           /* STRING */
};

enum family {
    LOGIC,
    COMPARISON,
    SUM,
    PRODUCT,
    UNARY
};
struct operation {
    const char *symbol;
    int binds; /* the more, the tighter */
    enum family family;
    enum expr_op op;
};

/* An operation, or an opening parenthesis (NULL), that waits for its right side. */
struct pending {
    const struct operation *operation;
    int column;
};

struct compiler {
    struct lexer lexer;
    const struct scope *scope;
    struct expr *out;
    struct operand operands[EXPR_REGS_MAX];
    int operands_n;
    struct pending pending[OPERATORS_MAX];
    int pending_n;
};

/* The next step of the code, and one that fills a register with a value. */
enum err expr_emit(struct compiler *c, struct expr_step step) NODISCARD;
enum err expr_emit_constant(struct compiler *c, int reg, int64_t value) NODISCARD;
/* A condition of its own: a comparison, or a boolean that is true. */
enum err expr_be_condition(
    struct compiler *c, struct operand *o, int reg, const char *symbol) NODISCARD;
/* Applies the operation that waits on top. */
enum err expr_reduce(struct compiler *c) NODISCARD;

#endif
