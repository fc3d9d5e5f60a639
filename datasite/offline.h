/* offline.h -- a site's database without its server, which may be running beside. */
#ifndef DATASITE_OFFLINE_H
#define DATASITE_OFFLINE_H

#include "datasite/core/site.h"
#include "datasite/datadir.h"

struct offline {
    struct datadir dir;
    struct site site;
    struct ctx cx; /* for core's functions; the actor is the system */
};

/* Opens DIR/datasite.db; DB_RW migrates it first. make: a site may be made here (DB_RW);
 * else ERR_NOT_FOUND. */
enum err offline_open(struct diag *d, const char *dir, bool make, enum db_mode mode,
    struct offline *out) NODISCARD;
/* Hands on the failure that core left in cx.diag. */
enum err offline_fail(struct diag *d, const struct offline *o, enum err code) NODISCARD;
void offline_close(struct offline *o);
#define OFFLINE_SCOPE(name) \
    struct offline name __attribute__((cleanup(offline_close))) = {0}

#endif
