/* site.h -- what one server process holds for its whole life. Made in main.c, handed down. */
#ifndef DATASITE_CORE_SITE_H
#define DATASITE_CORE_SITE_H

#include "datasite/core/ctx.h"
#include "sandbox/client/runner_client.h"

struct site {
    char data_dir[512];
    char name[128]; /* shown to people */
    char url[256];  /* "http://127.0.0.1:8080" */
    struct db_pool *db;
    struct runner *runner;
    struct queue *queue; /* core/queue.h: run threads */
    struct keys *keys;   /* core/keys.h: signing key, token key */
    char runtime[128];   /* version of program, Lua and engine; bound into approvals */
    bool
        private_webhooks; /* letters may go to http, and to addresses of this network */
    struct jailtest *jail; /* core/jailtest.h: until it passed, /readyz is 503 */
};

#endif
