/* forbidden.h -- what the caller may know of but not touch. */
#ifndef DATASITE_CORE_FORBIDDEN_H
#define DATASITE_CORE_FORBIDDEN_H

#include "datasite/core/ctx.h"

/* ERR_FORBIDDEN with {"missing_permission":permission}; permission is a literal. */
enum err forbidden(struct ctx *cx, const char *permission, const char *why) NODISCARD;

#endif
