/* user.c -- people with accounts, and what each may do. */
#include "datasite/core/user.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/field.h"
#include "datasite/core/password.h"
#include "datasite/core/session.h"

#include <ctype.h>
#include <string.h>

static const char *const role_names[ROLES_N] = {
    "researcher", "owner", "admin", "auditor"};

/* A row of the table as the statements give it. */
struct row {
    const char *id, *email, *name, *created_at;
    int64_t roles, suspended, has_password, revision;
};

const char *
role_name(size_t i)
{
    return i < ROLES_N ? role_names[i] : NULL;
}

bool
role_parse(const char *name, unsigned *role)
{
    for (size_t i = 0; i < ROLES_N; i++) {
        if (strcmp(name, role_names[i]) == 0) {
            *role = 1U << i;
            return true;
        }
    }
    return false;
}

char *
roles_text(struct arena *a, unsigned roles)
{
    char *text = arena_strf(a, "%s", "");

    for (size_t i = 0; i < ROLES_N && text != NULL; i++) {
        if (roles & 1U << i)
            text = arena_strf(a, "%s%s%s", text, *text ? " " : "", role_names[i]);
    }
    return text;
}

char *
email_normal(struct arena *a, const char *email)
{
    size_t len;
    char *text;

    while (*email == ' ')
        email++;
    len = strlen(email);
    while (len > 0 && email[len - 1] == ' ')
        len--;
    text = arena_strn(a, email, len);
    for (size_t i = 0; text != NULL && i < len; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    return text;
}

/* One "@" with something before it and a host after it; visible ASCII without quotes. */
static enum err
email_check(struct diag *d, const char *email)
{
    const char *at = strchr(email, '@');
    size_t len = strlen(email);
    bool is_plain = strspn(email,
                        "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "@.!#$%&'*+-/=?^_`{|}~") == len;

    if (len > EMAIL_BYTES_MAX) {
        return FAIL_FIELD(
            d, ERR_UNPROCESSABLE, "/email", "at most %d bytes", EMAIL_BYTES_MAX);
    }
    if (!is_plain || at == NULL || at == email || at[1] == '\0' || at[1] == '.' ||
        strchr(at + 1, '@') != NULL || email[len - 1] == '.')
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, "/email", "not an e-mail address");
    return ERR_OK;
}

static enum err
roles_check(struct diag *d, unsigned roles)
{
    if (roles == 0 || roles >= 1U << ROLES_N) {
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, "/roles",
            "name at least one of researcher, owner, admin, auditor");
    }
    return ERR_OK;
}

enum err
user_draft_check(struct diag *d, const struct user_draft *draft)
{
    TRY(email_check(d, draft->email));
    TRY(field_line(d, "/name", draft->name, TITLE_BYTES_MAX));
    TRY(roles_check(d, draft->roles));
    if (draft->password.ptr == NULL)
        return ERR_OK;
    return password_check(d, draft->password, draft->email);
}

static void
row_to_user(const struct row *r, struct user *out)
{
    *out = (struct user){
        .id = r->id,
        .email = r->email,
        .name = r->name,
        .roles = (unsigned)r->roles,
        .suspended = r->suspended != 0,
        .has_password = r->has_password != 0,
        .created_at = r->created_at,
        .revision = r->revision,
    };
}

static enum err
user_one(struct ctx *cx, enum stmt_id stmt, const char *key, struct user *out)
{
    struct row r = {0};
    enum err err = db_one(cx->db, &cx->diag, cx->arena, stmt, key, &r.id, &r.email,
        &r.name, &r.roles, &r.suspended, &r.has_password, &r.created_at, &r.revision);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such user");
    }
    TRY(err);
    row_to_user(&r, out);
    return ERR_OK;
}

enum err
user_by_id(struct ctx *cx, const char *id, struct user *out)
{
    return user_one(cx, STMT_USER_BY_ID, id, out);
}

enum err
user_by_email(struct ctx *cx, const char *email, struct user *out)
{
    char *normal = email_normal(cx->arena, email);

    if (normal == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    return user_one(cx, STMT_USER_BY_EMAIL, normal, out);
}

enum err
user_visible(struct ctx *cx, const char *id, struct user *out)
{
    unsigned mine = cx->actor.roles;

    TRY(user_by_id(cx, id, out));
    if (strcmp(id, cx->actor.id) == 0 || mine & (ROLE_ADMIN | ROLE_SYSTEM))
        return ERR_OK;
    if (mine & ROLE_OWNER && out->roles & (ROLE_RESEARCHER | ROLE_OWNER))
        return ERR_OK;
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such user");
}

static enum err
user_hash(struct ctx *cx, struct str password, char hash[PASSWORD_HASH_BYTES])
{
    hash[0] = '\0';
    if (password.ptr == NULL)
        return ERR_OK;
    return password_hash(&cx->diag, password, hash);
}

static enum err
user_insert(struct ctx *cx, const char *id, const char *email,
    const struct user_draft *draft, const char *hash)
{
    char now[32];
    enum err err = db_run(cx->db, &cx->diag, NULL, STMT_USER_INSERT, id, email,
        draft->name, (int64_t)draft->roles, hash, clock_text(cx->now, now));

    if (err != ERR_CONFLICT)
        return err;
    diag_clear(&cx->diag);
    return FAIL_FIELD(
        &cx->diag, ERR_CONFLICT, "/email", "there is an account with this e-mail");
}

enum err
user_create(struct ctx *cx, const struct user_draft *draft, struct user *out)
{
    char id[ID_BYTES], hash[PASSWORD_HASH_BYTES];
    struct user_draft d = *draft;
    TXN_SCOPE(txn);

    d.email = email_normal(cx->arena, draft->email);
    if (d.email == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    TRY(user_draft_check(&cx->diag, &d));
    TRY(user_hash(cx, d.password, hash));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(user_insert(cx, id_new("usr", id), d.email, &d, hash));
    TRY(user_by_id(cx, id, out));
    TRY(audit_append(cx, "user.create", id,
        json_pack("{s:s}", "roles", roles_text(cx->arena, d.roles))));
    return txn_commit(&txn, &cx->diag);
}

/* A site without an administrator could never be given one again. */
static enum err
last_admin_stays(struct ctx *cx, const struct user *was, unsigned roles, bool suspended)
{
    int64_t others;

    if (!(was->roles & ROLE_ADMIN) || was->suspended)
        return ERR_OK;
    if (roles & ROLE_ADMIN && !suspended)
        return ERR_OK;
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_USER_ADMINS_BUT, was->id, &others));
    if (others > 0)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_CONFLICT,
        "this is the last administrator; give the role to somebody else first");
}

static json_t *
change_facts(struct arena *a, const struct user_change *c)
{
    json_t *facts = json_object();

    if (c->name != NULL)
        json_object_set_new(facts, "name", json_string("changed"));
    if (c->roles != 0)
        json_object_set_new(facts, "roles", json_string(roles_text(a, c->roles)));
    if (c->suspended >= 0)
        json_object_set_new(facts, "suspended", json_integer(c->suspended));
    if (c->password.ptr != NULL)
        json_object_set_new(facts, "password", json_string("changed"));
    return facts;
}

static enum err
change_check(struct diag *d, const struct user_change *c, const char *email)
{
    if (c->name != NULL)
        TRY(field_line(d, "/name", c->name, TITLE_BYTES_MAX));
    if (c->roles != 0)
        TRY(roles_check(d, c->roles));
    if (c->password.ptr != NULL)
        TRY(password_check(d, c->password, email));
    return ERR_OK;
}

enum err
user_update(
    struct ctx *cx, const char *id, const struct user_change *c, struct user *out)
{
    char hash[PASSWORD_HASH_BYTES];
    bool suspended;
    unsigned roles;
    TXN_SCOPE(txn);

    TRY(user_by_id(cx, id, out));
    TRY(change_check(&cx->diag, c, out->email));
    TRY(user_hash(cx, c->password, hash));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(user_by_id(cx, id, out));
    roles = c->roles != 0 ? c->roles : out->roles;
    suspended = c->suspended >= 0 ? c->suspended != 0 : out->suspended;
    TRY(last_admin_stays(cx, out, roles, suspended));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_USER_UPDATE, id,
        c->name != NULL ? c->name : out->name, (int64_t)roles, (int64_t)suspended,
        hash[0] != '\0' ? hash : NULL, &out->revision));
    if (suspended || hash[0] != '\0')
        TRY(session_end_all(cx, id));
    TRY(audit_append(cx, "user.update", id, change_facts(cx->arena, c)));
    TRY(user_by_id(cx, id, out));
    return txn_commit(&txn, &cx->diag);
}

enum err
user_list(struct ctx *cx, unsigned roles, const char *after, int64_t limit,
    struct user **out, size_t *n)
{
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_USER_LIST, (int64_t)roles,
        after != NULL ? after : "", limit));
    for (;;) {
        struct row r = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_USER_LIST, &more, &r.id, &r.email,
            &r.name, &r.roles, &r.suspended, &r.has_password, &r.created_at,
            &r.revision));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        row_to_user(&r, &(*out)[(*n)++]);
    }
}

enum err
user_count(struct ctx *cx, int64_t *out)
{
    return db_one(cx->db, &cx->diag, cx->arena, STMT_USER_COUNT, out);
}
