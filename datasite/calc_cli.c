/* calc_cli.c -- the privacy calculator on the command line. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/options.h"
#include "policies/calc.h"

#include <stdio.h>

enum err
cmd_calc(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words = {.name = "FUNCTION"};
    char out[64];

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, NULL, 0, 1, WORDS_MAX, &words));
    TRY(calc_run(d, words.word[0], words.n - 1, words.word + 1, out));
    printf("%s\n", out);
    return ERR_OK;
}
