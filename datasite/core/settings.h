/* settings.h -- what an administrator decides about the whole site. */
#ifndef DATASITE_CORE_SETTINGS_H
#define DATASITE_CORE_SETTINGS_H

#include "datasite/core/ctx.h"

struct settings {
    const char *site_name;  /* shown to people; arena memory */
    bool tokens_may_decide; /* bearer tokens may review, release and change budgets */
    bool second_admin;      /* raising a budget takes two administrators */
    bool transparency;      /* anybody may see what was released, and for what */
};

/* Stored values over defaults. */
enum err settings_load(struct ctx *cx, struct settings *out) NODISCARD;
/* From the configuration at start, or an administrator. name: "site_name",
 * "tokens_may_decide", "second_admin", "transparency" ("true", "false"). Commits, or joins; audited when it changes. */
enum err settings_set(struct ctx *cx, const char *name, const char *value) NODISCARD;

#endif
