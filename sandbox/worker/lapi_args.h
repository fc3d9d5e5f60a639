/* lapi_args.h -- arguments of a call become the text of a plan.
 *
 * An argument may stand in its place or, by name, in the table that comes last. Each is
 * checked by type, never coerced; a wrong one is an error that names the method and the
 * argument. */
#ifndef SANDBOX_WORKER_LAPI_ARGS_H
#define SANDBOX_WORKER_LAPI_ARGS_H

#include "sandbox/worker/luajson.h"

#define LAPI_FIELDS_MAX 8

enum lapi_form {
    LAPI_END,     /* of a list of fields */
    LAPI_TEXT,    /* "text" */
    LAPI_NUMBER,  /* a number or decimal text, sent as decimal text */
    LAPI_COUNT,   /* a whole number, sent as a number */
    LAPI_FLAG,    /* true or false */
    LAPI_TEXTS,   /* texts in a row, or a list of them */
    LAPI_NUMBERS, /* a number or a list of them */
    LAPI_KEYS,    /* a list of keys, or of lists of keys */
    LAPI_SPEC     /* a table of numbers by name */
};

struct lapi_field {
    const char *name; /* in Lua */
    const char *json; /* in the plan; NULL: the same */
    enum lapi_form form;
    bool optional;
};

/* A call being read: the text it becomes, and where its arguments are. */
struct lapi_call {
    lua_State *L;
    const char *name;
    struct luatext text;
    int next, last; /* arguments in their places that are not yet taken */
    int options;    /* index of the table of named ones; 0: none */
};

/* Raises "METHOD: what must be …". */
int lapi_wrong(const struct lapi_call *c, const char *what, const char *must);
bool lapi_is_decimal(const char *p, size_t n);

/* Looks for the table of named ones; the others follow the handle in slot 1. */
void lapi_find_options(struct lapi_call *c);
/* An error where it names what is neither a field nor, where there may be one, a price. */
void lapi_check_options(
    struct lapi_call *c, const struct lapi_field *fields, bool priced);
/* Adds `,"name":value` for each field; LAPI_END ends a list before its last place. */
void lapi_put_fields(struct lapi_call *c, const struct lapi_field *fields);
void lapi_put_member(struct lapi_call *c, int index, const struct lapi_field *f);
/* Pushes `,"price":{…}`, or "" where no price is given (for exact). */
void lapi_push_price(struct lapi_call *c);

typedef void lapi_put_item(struct lapi_call *c, int index, const char *what);
lapi_put_item lapi_put_text, lapi_put_number, lapi_put_key;
/* A list, or one item that stands for a list of one. */
void lapi_put_list(
    struct lapi_call *c, int index, const char *what, lapi_put_item *put);

#endif
