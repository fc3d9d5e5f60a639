/* routes.h -- the handlers that routes.def names, one prototype each. */
#ifndef DATASITE_API_ROUTES_H
#define DATASITE_API_ROUTES_H

#include "datasite/http/request.h"

#define ROUTE(method, path, handler, who, db, flags, body) \
    enum err handler(struct request *rq, struct reply *rp) NODISCARD;
#include "datasite/api/routes.def"
#undef ROUTE

#endif
