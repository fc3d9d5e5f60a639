/* err.h -- failure codes (err.def) and the diagnostic that travels with them.
 *
 * Every fallible function returns enum err and fills a struct diag at the first
 * failure; callers add nothing unless they know more. problem.c is the only
 * place that turns a diag into an answer. */
#ifndef DATASITE_BASE_ERR_H
#define DATASITE_BASE_ERR_H

#include <stdbool.h>

enum err {
#define ERR(name, http, slug, title) ERR_##name,
#include "datasite/base/err.def"
#undef ERR
};

#define NODISCARD __attribute__((warn_unused_result))

/* The first failure of one request or run: what, where, and about which field. */
struct diag {
    enum err code;
    int line;         /* of our source, for the log */
    const char *file; /* of our source, for the log */
    char field[128];  /* JSON Pointer or column at fault, or "" */
    char text[384];   /* a sentence that may be shown to the caller */
    char extra[256];  /* a JSON object of further problem members, or "" */
};

/* Keeps the first failure: a diag that already holds one is left as it is. */
enum err diag_set(struct diag *d, enum err code, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 5, 6))) NODISCARD;
/* The same, naming the field (a JSON Pointer such as "/budget/epsilon"). */
enum err diag_set_field(struct diag *d, enum err code, const char *file, int line,
    const char *field, const char *fmt, ...)
    __attribute__((format(printf, 6, 7))) NODISCARD;
void diag_clear(struct diag *d);

int err_http(enum err code);         /* 404 ... */
const char *err_slug(enum err code); /* "not-found" ... */
const char *err_title(enum err code);

/* Both are the code they are given, so that an analyser sees that they fail. */
#define FAIL(d, code, ...) \
    ((void)!diag_set((d), (code), __FILE__, __LINE__, __VA_ARGS__), (code))
#define FAIL_FIELD(d, code, field, ...)                                            \
    ((void)!diag_set_field((d), (code), __FILE__, __LINE__, (field), __VA_ARGS__), \
        (code))

/* The only macro in the tree that hides control flow. */
#define TRY(call)                   \
    do {                            \
        enum err try_err_ = (call); \
        if (try_err_ != ERR_OK)     \
            return try_err_;        \
    } while (0)

#endif
