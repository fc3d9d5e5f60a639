/* made_site.c -- a site in a folder of its own for each test. */
#include "tests/unit/core/made_site.h"

#include "datasite/base/embed.h"
#include "datasite/store/migrate.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIGRATIONS_MAX 64

struct site site;
struct ctx cx;
char site_folder[32];
static char database[64];

static void
migrate(void)
{
    struct migration list[MIGRATIONS_MAX];
    int from, to;
    size_t n = 0;

    for (size_t i = 0; i < embedded_n && n < MIGRATIONS_MAX; i++)
        if (strncmp(embedded[i].path, "schema/0", 8) == 0)
            list[n++] = (struct migration){embedded[i].path + 7, embedded[i].bytes};
    MUST(migrate_run(&cx.diag, database, list, n, &from, &to));
}

void
site_make(void)
{
    char keys[64];

    snprintf(site_folder, sizeof site_folder, "/tmp/core-XXXXXX");
    cr_assert_not_null(mkdtemp(site_folder));
    snprintf(database, sizeof database, "%s/datasite.db", site_folder);
    snprintf(keys, sizeof keys, "%s/keys", site_folder);
    migrate();
    MUST(keys_open(&cx.diag, keys, &site.keys));
    MUST(db_pool_open(&cx.diag, database, 2, &site.db));
    snprintf(site.url, sizeof site.url, "http://127.0.0.1:8080");
    cx.site = &site;
    cx.arena = arena_new(64 << 20);
    cx.db = db_take(site.db, DB_RW);
    cx.now = (struct unixus){INT64_C(1790000000) * 1000000};
    cx.actor.roles = ROLE_SYSTEM;
}

void
site_drop(void)
{
    char command[64];

    db_give(site.db, cx.db);
    db_pool_close(site.db);
    keys_close(site.keys);
    arena_free(cx.arena);
    snprintf(command, sizeof command, "rm -rf %s", site_folder);
    cr_assert_eq(system(command), 0);
}

const char *
user_made(const char *email, unsigned roles)
{
    struct actor was = cx.actor;
    struct user user;

    cx.actor = (struct actor){.roles = ROLE_SYSTEM};
    MUST(user_create(&cx,
        &(struct user_draft){.email = email, .name = email, .roles = roles}, &user));
    cx.actor = was;
    return user.id;
}

void
act_as(const char *user_id, unsigned roles)
{
    cx.actor = (struct actor){.roles = roles};
    snprintf(cx.actor.id, sizeof cx.actor.id, "%s", user_id);
}

void
later(int64_t seconds)
{
    cx.now.us += seconds * 1000000;
}

void
edit_by_hand(const char *sql)
{
    char *error = NULL;
    sqlite3 *hand;

    cr_assert_eq(sqlite3_open(database, &hand), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(hand, sql, NULL, NULL, &error), SQLITE_OK, "%s",
        error != NULL ? error : "");
    sqlite3_close(hand);
}
