/* routes.c -- the table of routes.def, for router and guard. */
#include "datasite/api/routes.h"

#include "datasite/base/check.h"

const struct route routes[] = {
#define ROUTE(method, path, handler, who, db, flags, body) \
    {method, path, #handler, handler, who, db, flags, body},
#include "datasite/api/routes.def"
#undef ROUTE
};
const size_t routes_n = ARRAY_N(routes);
