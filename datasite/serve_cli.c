/* serve_cli.c -- `datasite serve`: options over the configuration file over defaults. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/options.h"
#include "datasite/serve.h"

#include <stdio.h>

static enum err
take_text(struct diag *d, const char *option, const char *text, char *to, size_t size)
{
    if (text != NULL && snprintf(to, size, "%s", text) >= (int)size)
        return FAIL(d, ERR_INVALID, "%s: too long", option);
    return ERR_OK;
}

enum err
cmd_serve(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL, *listen = NULL, *file = NULL;
    struct config c;
    struct words words;
    const struct opt opts[] = {{.name = "--data", .value = &dir},
        {.name = "--listen", .value = &listen}, {.name = "--config", .value = &file}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 0, &words));
    config_init(&c);
    if (file != NULL)
        TRY(config_load(d, file, &c));
    TRY(take_text(d, "--data", dir, c.data_dir, sizeof c.data_dir));
    TRY(take_text(d, "--listen", listen, c.listen, sizeof c.listen));
    return serve_site(d, &c);
}
