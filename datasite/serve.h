/* serve.h -- `datasite serve`: one site from its folder, until a signal. */
#ifndef DATASITE_SERVE_H
#define DATASITE_SERVE_H

#include "datasite/config.h"

#define DATASITE_VERSION "1.0.0"

/* Prints the ready line on stdout when it listens; returns after SIGTERM or SIGINT. */
enum err serve_site(struct diag *d, const struct config *c) NODISCARD;

#endif
