/* plan_read.h -- members of a plan's objects, each checked as it is taken. */
#ifndef SANDBOX_ENGINE_PLAN_READ_H
#define SANDBOX_ENGINE_PLAN_READ_H

#include "sandbox/engine/plan.h"

struct plan_reader {
    struct diag *d;
    struct arena *a;
    struct plan *plan;
    const json_t *ops; /* all of them */
    size_t op;         /* the one at hand */
    const char *what;  /* the operation or measure at hand, for messages */
};

#define PLAN_FAIL(r, ...) \
    ((void)!plan_fail((r), __FILE__, __LINE__, __VA_ARGS__), ERR_INVALID)
/* ERR_INVALID: "mean: …" */
enum err plan_fail(const struct plan_reader *r, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5))) NODISCARD;
NODISCARD static inline enum err
plan_no_memory(const struct plan_reader *r)
{
    return FAIL(r->d, ERR_TOO_LARGE, "The question needs too much memory.");
}

/* Refuses members that are not in the list, which ends with NULL. */
enum err plan_members(
    const struct plan_reader *r, json_t *obj, const char *const *allowed) NODISCARD;
enum err plan_text(const struct plan_reader *r, const json_t *obj, const char *member,
    struct str *out) NODISCARD;
/* A decimal string, or a JSON integer, as fixed point. */
enum err plan_fixed(const struct plan_reader *r, const json_t *v, const char *member,
    int decimals, int64_t *out) NODISCARD;
/* A number in the type of a column: fixed point, or a date. */
enum err plan_bound(const struct plan_reader *r, const json_t *obj, const char *member,
    const struct schema_column *type, int64_t *out) NODISCARD;
enum err plan_array(const struct plan_reader *r, const json_t *obj, const char *member,
    size_t most, const json_t **out) NODISCARD;
/* The field that a member names. */
enum err plan_field(const struct plan_reader *r, const json_t *obj, const char *member,
    size_t *out) NODISCARD;
enum err plan_field_named(
    const struct plan_reader *r, const json_t *v, size_t *out) NODISCARD;
enum err plan_fields(const struct plan_reader *r, const json_t *obj, const char *member,
    size_t out[GROUP_FIELDS_MAX], size_t *n) NODISCARD;
/* A new field that hides the one of the same name. */
enum err plan_add_field(struct plan_reader *r, const struct field *f) NODISCARD;

/* {"columns":[…],"keys":[…]?} */
enum err plan_group(struct plan_reader *r, json_t *op) NODISCARD;
/* The grouping by listed keys of one field. */
enum err plan_keys(struct plan_reader *r, size_t field, const json_t *keys,
    struct grouping *out) NODISCARD;
/* Appends a step; there is room for two of each operation. */
struct plan_step *plan_add_step(struct plan_reader *r, enum plan_step_kind kind);
enum err plan_partition(struct plan_reader *r, json_t *op) NODISCARD;
enum err plan_join(struct plan_reader *r, json_t *op) NODISCARD;
enum err plan_measure(struct plan_reader *r, json_t *obj) NODISCARD;
/* Refuses a field that is not a number within bounds, as narrow as `range`. */
enum err plan_bounded(
    const struct plan_reader *r, size_t field, int64_t range) NODISCARD;
/* Measures over several fields. */
enum err plan_variance(struct plan_reader *r, json_t *obj) NODISCARD;
enum err plan_covariance(struct plan_reader *r, json_t *obj) NODISCARD;
enum err plan_above_threshold(struct plan_reader *r, json_t *obj) NODISCARD;
enum err plan_fit(struct plan_reader *r, json_t *obj) NODISCARD;
/* The name that an operation gives to what it makes. */
enum err plan_name(const struct plan_reader *r, const json_t *op,
    char out[NAME_BYTES_MAX + 1]) NODISCARD;
/* Row programs: an operation and two measures. */
enum err plan_map(struct plan_reader *r, json_t *op) NODISCARD;
enum err plan_blocks(struct plan_reader *r, json_t *obj) NODISCARD;
enum err plan_collect(struct plan_reader *r, json_t *obj) NODISCARD;

#endif
