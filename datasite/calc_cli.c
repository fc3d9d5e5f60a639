/* calc_cli.c -- the privacy calculator on the command line. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/options.h"
#include "policies/calc.h"

#include <stdio.h>
#include <string.h>

static void
print_functions(void)
{
    const char *name, *args;

    for (size_t i = 0; calc_function(i, &name, &args); i++)
        printf("%-38s %s\n", name, args);
}

enum err
cmd_calc(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words = {.name = "FUNCTION"};
    char out[64];

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, NULL, 0, 1, WORDS_MAX, &words));
    if (words.n == 1 && strcmp(words.word[0], "list") == 0) {
        print_functions();
        return ERR_OK;
    }
    TRY(calc_run(d, words.word[0], words.n - 1, words.word + 1, out));
    printf("%s\n", out);
    return ERR_OK;
}
