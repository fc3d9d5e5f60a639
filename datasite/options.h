/* options.h -- the words after a command: options by table, the rest by position. */
#ifndef DATASITE_OPTIONS_H
#define DATASITE_OPTIONS_H

#include "datasite/base/err.h"

#include <stddef.h>

#define WORDS_MAX 64

struct words {
    const char *name; /* of the first word, "JOB.lua": what to say when it is missing */
    const char *word[WORDS_MAX];
    size_t n;
};

/* One of flag, value and list is set: a switch, a value (the last one holds), or all the
 * values in their order. */
struct opt {
    const char *name; /* "--data" */
    bool *flag;
    const char **value;
    struct words *list;
};

/* argv[0] is the command. Takes `--name value` and `--name=value` in any order; after
 * `--` all is positional. ERR_INVALID: an unknown option, a missing value, or a number of
 * positional words outside least..most. */
enum err options_parse(struct diag *d, int argc, char *const *argv,
    const struct opt *opts, size_t n, size_t least, size_t most,
    struct words *rest) NODISCARD;

#endif
