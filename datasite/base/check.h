/* check.h -- assertions that stay on in every build, and functions nobody may call. */
#ifndef DATASITE_BASE_CHECK_H
#define DATASITE_BASE_CHECK_H

#include <stddef.h>

/* A broken invariant is a bug: say where, and abort. The supervisor restarts;
 * open transactions roll back. */
_Noreturn void check_failed(const char *what, const char *file, int line);

#define CHECK(cond)   ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))
#define UNREACHABLE() check_failed("unreachable", __FILE__, __LINE__)
#define ARRAY_N(a)    (sizeof(a) / sizeof((a)[0]))

#endif
