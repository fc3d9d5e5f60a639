/* address.h -- which network addresses belong to everybody, and which to this machine, its
 * neighbours, or nobody. */
#ifndef DATASITE_BASE_ADDRESS_H
#define DATASITE_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* An address of the open Internet: not loopback, private, link-local, shared, multicast,
 * reserved, for documents, or another one of these in disguise. */
bool address_is_public(const struct sockaddr *a);

#endif
