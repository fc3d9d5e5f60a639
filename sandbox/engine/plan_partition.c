/* plan_partition.c -- one part of a partition of the rows by the values of a column. */
#include "sandbox/engine/plan_read.h"

#include "datasite/base/digest.h"

static enum err
no_room(const struct plan_reader *r, bool failed)
{
    return failed ? plan_no_memory(r) : ERR_OK;
}

/* ["A","B"] -> [["A"],["B"]] */
static enum err
wrap_keys(const struct plan_reader *r, const json_t *bare, json_t *out)
{
    bool failed = out == NULL;

    for (size_t i = 0; !failed && i < json_array_size(bare); i++)
        failed =
            json_array_append_new(out, json_pack("[O]", json_array_get(bare, i))) != 0;
    return no_room(r, failed);
}

static enum err
find_part(
    const struct plan_reader *r, const json_t *op, const json_t *keys, size_t *out)
{
    const json_t *part = json_object_get(op, "part");

    for (*out = 0; *out < json_array_size(keys); ++*out)
        if (json_equal(json_array_get(keys, *out), part))
            return ERR_OK;
    return PLAN_FAIL(r, "part must be one of keys");
}

/* What is the same for all parts: the operations before, the column, the keys. */
static enum err
group_digest(const struct plan_reader *r, const json_t *op, struct digest *out)
{
    json_auto_t *group = json_array();
    bool failed = group == NULL;
    BUF_SCOPE(text);

    for (size_t i = 0; !failed && i < r->op; i++)
        failed = json_array_append(group, json_array_get(r->ops, i)) != 0;
    failed = failed || json_array_append(group, json_object_get(op, "column")) != 0 ||
        json_array_append(group, json_object_get(op, "keys")) != 0;
    TRY(no_room(r, failed));
    buf_init(&text, (size_t)2 * PLAN_BYTES_MAX);
    TRY(json_canonical(r->d, group, &text));
    *out = digest_bytes(buf_str(&text));
    return ERR_OK;
}

/* The rows of one unit lie in no more parts than there are rows, or than groups of just
 * this column that a truncation lets through. */
static int64_t
reach_of(const struct plan *p, size_t field, size_t parts_n)
{
    int64_t reach = p->rows_max < (int64_t)parts_n ? p->rows_max : (int64_t)parts_n;

    for (size_t i = 0; i < p->steps_n; i++) {
        const struct plan_step *s = &p->steps[i];
        if (s->kind == STEP_GROUPS && s->by_n == 1 && s->by[0] == field &&
            s->limit < reach)
            reach = s->limit;
    }
    return reach;
}

/* The declared price of a part is a ceiling for what is asked of it. */
static enum err
take_cap(const struct plan_reader *r, const json_t *price, struct budget *out)
{
    static const char *const kinds[] = {"epsilon", "rho"};
    int64_t *const amounts[] = {&out->eps_nano, &out->rho_nano};

    *out = (struct budget){-1, -1, -1};
    if (price == NULL)
        return ERR_OK;
    for (size_t i = 0; i < 2; i++) {
        const json_t *v = json_object_get(price, kinds[i]);
        if (!json_is_string(v))
            continue;
        if (json_object_size(price) != 1 ||
            !nano_parse(
                (struct str){json_string_value(v), json_string_length(v)}, amounts[i]))
            break;
        return ERR_OK;
    }
    return PLAN_FAIL(r, "the price of a part is one of epsilon and rho");
}

enum err
plan_partition(struct plan_reader *r, json_t *op)
{
    struct partition *p = &r->plan->partition;
    struct grouping *keys = arena_array(r->a, sizeof *keys, 1);
    json_auto_t *wrapped = json_array();
    struct plan_step *s;
    const json_t *list;
    size_t field;

    TRY(no_room(r, keys == NULL));
    if (p->parts_n > 0)
        return PLAN_FAIL(r, "a part cannot be divided again");
    TRY(plan_field(r, op, "column", &field));
    TRY(plan_array(r, op, "keys", KEYS_MAX, &list));
    TRY(wrap_keys(r, list, wrapped));
    TRY(plan_keys(r, field, wrapped, keys));
    TRY(find_part(r, op, list, &p->part));
    TRY(group_digest(r, op, &p->group));
    TRY(take_cap(r, json_object_get(op, "price"), &p->cap));
    p->parts_n = json_array_size(list);
    p->reach = reach_of(r->plan, field, p->parts_n);
    s = plan_add_step(r, STEP_PART);
    s->keys = keys;
    s->part = keys->cell_of_key[p->part];
    return ERR_OK;
}
