/* carrier.h -- how letters leave the house: webhooks by HTTP, mail by SMTP. The port of
 * core/courier.h. */
#ifndef DATASITE_CARRIER_H
#define DATASITE_CARRIER_H

#include "datasite/core/courier.h"

struct carrier {
    bool private_ok;             /* webhooks may lead to http and to this network */
    const char *smtp_url, *from; /* "": no mail is sent */
};

/* Borrows c, which outlives the port. */
struct courier_port carrier_port(struct carrier *c);
/* An address that may stand in the fields of a mail. */
bool carrier_address_ok(const char *address);

#endif
