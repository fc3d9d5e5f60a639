/* cli.h -- the command line: one table of commands (commands.def). */
#ifndef DATASITE_CLI_H
#define DATASITE_CLI_H

#include "datasite/base/err.h"

#include <stdio.h>

/* What a command found. ANSWER_FAILED: a failure that it has told of already; every other
 * failure is the diag. */
enum answer {
    ANSWER_YES = 0,
    ANSWER_NO = 1,
    ANSWER_FAILED = 2
};

/* argv[0] is the command's last word. */
#define COMMAND(words, name, usage, about)                                          \
    enum err cmd_##name(struct diag *d, int argc, char **argv, enum answer *answer) \
        NODISCARD;
#include "datasite/commands.def"
#undef COMMAND

/* Text that others wrote, on one line and harmless to a terminal: control characters
 * become spaces. */
void cli_put_plain(FILE *to, const char *text);

/* The whole program; returns its exit code. */
int cli_main(int argc, char **argv);

#endif
