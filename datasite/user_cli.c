/* user_cli.c -- accounts from the command line, while the server runs or not. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/core/user.h"
#include "datasite/credentials.h"
#include "datasite/offline.h"
#include "datasite/options.h"

#include <stdio.h>
#include <string.h>

static enum err
roles_of(struct diag *d, const struct words *names, unsigned *roles)
{
    unsigned role;

    *roles = 0;
    for (size_t i = 0; i < names->n; i++) {
        if (!role_parse(names->word[i], &role)) {
            return FAIL(d, ERR_INVALID,
                "--role %s: a role is admin, owner, researcher or auditor",
                names->word[i]);
        }
        *roles |= role;
    }
    if (*roles == 0)
        return FAIL(d, ERR_INVALID, "say what they may do: --role ROLE");
    return ERR_OK;
}

static enum err
add_user(struct diag *d, const char *dir, const struct user_draft *draft)
{
    struct user user;
    OFFLINE_SCOPE(o);

    TRY(offline_open(d, dir, true, DB_RW, &o));
    TRY(offline_fail(d, &o, user_create(&o.cx, draft, &user)));
    printf("%s  %s  %s\n", user.id, user.email, roles_text(o.cx.arena, user.roles));
    return ERR_OK;
}

enum err
cmd_user_add(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL, *name = NULL;
    char password[PASSWORD_BYTES_MAX + 2];
    bool from_stdin = false;
    struct words words = {.name = "EMAIL"}, roles = {.n = 0};
    struct user_draft draft = {0};
    enum err result;
    const struct opt opts[] = {{.name = "--role", .list = &roles},
        {.name = "--name", .value = &name}, {.name = "--data", .value = &dir},
        {.name = "--password-stdin", .flag = &from_stdin}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    if (dir == NULL || !from_stdin) {
        return FAIL(d, ERR_INVALID,
            "say --data DIR and give the password with "
            "--password-stdin");
    }
    TRY(roles_of(d, &roles, &draft.roles));
    TRY(ask_line(d, "password: ", true, password, sizeof password));
    draft.email = words.word[0];
    draft.name = name == NULL ? words.word[0] : name;
    draft.password = str_of(password);
    result = add_user(d, dir, &draft);
    explicit_bzero(password, sizeof password);
    return result;
}
