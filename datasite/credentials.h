/* credentials.h -- what `login` keeps for the commands after it, and asking for secrets. */
#ifndef DATASITE_CREDENTIALS_H
#define DATASITE_CREDENTIALS_H

#include "datasite/client.h"

/* Into $XDG_CONFIG_HOME/datasite/client.json, mode 0600 (else $HOME/.config/…). */
enum err credentials_save(
    struct diag *d, const char *url, const char *email, const char *token) NODISCARD;
/* A client that carries the kept token. ERR_UNAUTHENTICATED: nobody logged in here. */
enum err credentials_client(struct diag *d, struct client **out) NODISCARD;

/* One line from the terminal, without echo when secret, or from standard input when that is
 * no terminal. The line has no end of line; out is emptied by the caller. */
enum err ask_line(
    struct diag *d, const char *prompt, bool secret, char *out, size_t size) NODISCARD;

#endif
