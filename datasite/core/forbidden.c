/* forbidden.c -- what the caller may know of but not touch. */
#include "datasite/core/forbidden.h"

#include <stdio.h>

enum err
forbidden(struct ctx *cx, const char *permission, const char *why)
{
    snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"missing_permission\":\"%s\"}",
        permission);
    return FAIL(&cx->diag, ERR_FORBIDDEN, "%s", why);
}
