/* config_cli.c -- the configuration that `serve` would use. */
#include "datasite/base/check.h"
#include "datasite/cli.h"
#include "datasite/config.h"
#include "datasite/options.h"

#include <stdio.h>

enum err
cmd_config_show(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *file = NULL, *dir = NULL, *listen = NULL;
    char host[256];
    int port;
    struct config c;
    struct words words;
    json_auto_t *doc = NULL;
    const struct opt opts[] = {{.name = "--config", .value = &file},
        {.name = "--data", .value = &dir}, {.name = "--listen", .value = &listen}};

    *answer = ANSWER_YES;
    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 0, &words));
    config_init(&c);
    if (file != NULL)
        TRY(config_load(d, file, &c));
    if (dir != NULL)
        snprintf(c.data_dir, sizeof c.data_dir, "%s", dir);
    if (listen != NULL)
        snprintf(c.listen, sizeof c.listen, "%s", listen);
    if (!config_listen(c.listen, host, &port))
        return FAIL(d, ERR_INVALID, "--listen %s: must be HOST:PORT", c.listen);
    doc = config_json(&c);
    json_dumpf(doc, stdout, JSON_INDENT(2));
    putchar('\n');
    return ERR_OK;
}
