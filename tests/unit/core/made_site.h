/* made_site.h -- a site in a folder of its own for each test: migrated database, keys, and a
 * context whose connection writes. */
#ifndef TESTS_UNIT_CORE_MADE_SITE_H
#define TESTS_UNIT_CORE_MADE_SITE_H

#include "datasite/core/keys.h"
#include "datasite/core/site.h"
#include "datasite/core/user.h"

#define GOOD_PASSWORD "correct horse battery"

extern struct site site;
extern struct ctx cx;
extern char site_folder[32];

void site_make(void); /* for TestSuite .init */
void site_drop(void); /* for TestSuite .fini */
/* An account without a password; its id lives as long as the test. */
const char *user_made(const char *email, unsigned roles);
void act_as(const char *user_id, unsigned roles);
void later(int64_t seconds); /* moves cx.now */
/* A call that must fail with this code; clears the diagnostic. */
#define MUST_FAIL(code, call)                             \
    do {                                                  \
        cr_assert_eq((call), (code), "%s", cx.diag.text); \
        diag_clear(&cx.diag);                             \
    } while (0)
#define MUST(call) cr_assert_eq((call), ERR_OK, "%s", cx.diag.text)

/* Runs SQL on the database file past the program, as a hand with an editor would. */
void edit_by_hand(const char *sql);

#endif
