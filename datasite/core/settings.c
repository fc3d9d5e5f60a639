/* settings.c -- what an administrator decides about the whole site. */
#include "datasite/core/settings.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/field.h"

#include <string.h>

enum kind {
    KIND_LINE,
    KIND_FLAG
};

static const struct setting {
    const char *name;
    enum kind kind;
} known[] = {
    {"site_name", KIND_LINE},
    {"tokens_may_decide", KIND_FLAG},
    {"second_admin", KIND_FLAG},
    {"transparency", KIND_FLAG},
};

static void
take(struct settings *s, const char *name, const char *value)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"tokens_may_decide", &s->tokens_may_decide},
        {"second_admin", &s->second_admin},
        {"transparency", &s->transparency},
    };

    if (strcmp(name, "site_name") == 0)
        s->site_name = value;
    for (size_t i = 0; i < ARRAY_N(flags); i++) {
        if (strcmp(name, flags[i].name) == 0)
            *flags[i].flag = strcmp(value, "true") == 0;
    }
}

enum err
settings_load(struct ctx *cx, struct settings *out)
{
    const char *name, *value;
    bool more;

    *out = (struct settings){.site_name = "Datasite", .tokens_may_decide = false};
    TRY(db_each(cx->db, &cx->diag, STMT_SETTING_EACH));
    for (;;) {
        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_SETTING_EACH, &more, &name, &value));
        if (!more)
            return ERR_OK;
        take(out, name, value);
    }
}

static enum err
value_check(struct diag *d, const struct setting *s, const char *value)
{
    switch (s->kind) {
    case KIND_LINE:
        return field_line(d, "/value", value, 100);
    case KIND_FLAG:
        if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
            return ERR_OK;
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, "/value", "true or false");
    }
    return ERR_OK;
}

static enum err
name_check(struct diag *d, const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_N(known); i++) {
        if (strcmp(name, known[i].name) == 0)
            return value_check(d, &known[i], value);
    }
    return FAIL(d, ERR_NOT_FOUND, "no setting is called %.60s", name);
}

enum err
settings_set(struct ctx *cx, const char *name, const char *value)
{
    const char *was = NULL;
    enum err err;
    TXN_SCOPE(txn);

    TRY(name_check(&cx->diag, name, value));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_SETTING_GET, name, &was);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
    } else {
        TRY(err);
    }
    if (was != NULL && strcmp(was, value) == 0)
        return txn_commit(&txn, &cx->diag);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SETTING_PUT, name, value));
    TRY(audit_append(cx, "setting.change", name, json_pack("{s:s}", "value", value)));
    return txn_commit(&txn, &cx->diag);
}
