/* courier.h -- carries notices out of the house: to webhooks, and by mail.
 *
 * What is to be told stands in the table of events, how far each channel came in its row:
 * both outlive a crash, and a letter that was sent may be sent again (its event's number
 * tells). Letters of a channel go one after another. One that does not arrive is tried
 * again after 1 s, 4 s, 16 s … to an hour; after COURIER_TRIES the channel is given up,
 * and its person sees that. The same thread puts checkpoints on the audit log. */
#ifndef DATASITE_CORE_COURIER_H
#define DATASITE_CORE_COURIER_H

#include "datasite/core/ctx.h"

#include <stdatomic.h>

#define COURIER_TRIES 8

struct letter {
    const char *url; /* of a webhook; NULL: a mail */
    const char *to;  /* of a mail: an address */
    const char *subject;
    struct str body;            /* JSON, or plain text */
    const char *signature;      /* of a webhook */
    const char *event, *sender; /* the event's number; the channel's id */
};

/* How letters leave: the courier knows no network. ERR_OK: it arrived. */
struct courier_port {
    enum err (*carry)(void *self, struct diag *d, const struct letter *l);
    void *self;
    bool mail;                 /* letters go by mail too */
    const atomic_bool *ending; /* or NULL: no letter is begun once it is set */
};

struct courier;
enum err courier_start(struct site *site, struct diag *d,
    const struct courier_port *port, struct courier **out) NODISCARD;
void courier_stop(struct courier *c);

/* One round of the thread: every letter that is due at cx->now. cx->db is not used;
 * connections are taken where they are needed and never held while a letter travels. */
enum err courier_round(struct ctx *cx, const struct courier_port *port) NODISCARD;

#endif
