/* throttle.h -- how often something may fail before it must wait: one time stamp per key
 * (generic cell rate algorithm), kept in the database so that a restart forgives nothing. */
#ifndef DATASITE_CORE_THROTTLE_H
#define DATASITE_CORE_THROTTLE_H

#include "datasite/core/ctx.h"

struct throttle {
    const char *name; /* "sign-in.account" */
    int burst;        /* failures at once */
    int every_s;      /* then one more each so many seconds */
};

/* Takes a place for an attempt, in the open transaction; give it back when the attempt turns
 * out well. *wait_s: 0, or the seconds until there is one (then nothing is taken). */
enum err throttle_take(
    struct ctx *cx, const struct throttle *t, const char *key, int *wait_s) NODISCARD;
enum err throttle_give_back(
    struct ctx *cx, const struct throttle *t, const char *key) NODISCARD;
enum err throttle_forgive(
    struct ctx *cx, const struct throttle *t, const char *key) NODISCARD;
/* The network of an address, as a key: /24 of IPv4, /64 of IPv6, else the text itself. */
void throttle_network(const char *address, char out[64]);

#endif
