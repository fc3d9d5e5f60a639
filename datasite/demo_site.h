/* demo_site.h -- the demo's stage: a server of its own in a temporary folder. */
#ifndef DATASITE_DEMO_SITE_H
#define DATASITE_DEMO_SITE_H

#include "datasite/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct demo_site {
    char dir[64], data[96]; /* a temporary folder, and the site's in it */
    char url[512], setup_token[512];
    pid_t server; /* 0: not running */
};

/* Makes the folder, starts `datasite serve` as a process and waits until it listens. */
enum err demo_site_start(
    struct diag *d, const char *listen, struct demo_site *out) NODISCARD;
/* Whether somebody asked the demo to end since it began (Ctrl-C, SIGTERM). */
bool demo_site_ended(void);
/* Ends the server; forget: removes the folder too. */
void demo_site_stop(struct demo_site *s, bool forget);
/* Waits until somebody ends the demo, or the server ends by itself (ERR_IO). */
enum err demo_site_serve(struct diag *d, struct demo_site *s) NODISCARD;
/* Runs this program with these words (argv[0] stands for it; NULL ends them) and prints
 * what it says, each line after `indent`. *code: its exit code. */
enum err demo_command(
    struct diag *d, char *const *argv, const char *indent, int *code) NODISCARD;
/* The path of a file in the temporary folder, for the demo's own papers. */
char *demo_site_path(const struct demo_site *s, const char *name, char out[128]);

#endif
