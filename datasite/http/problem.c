/* problem.c -- diagnostics as problem documents. */
#include "datasite/http/problem.h"

#include <stdio.h>
#include <string.h>

static const char *
detail_of(const struct diag *d)
{
    if (err_http(d->code) == 500)
        return "The log names the cause under this request's id.";
    return d->text[0] != '\0' ? d->text : err_title(d->code);
}

static int
extra_add(json_t *problem, const struct diag *d)
{
    struct diag ignored = {0};
    json_auto_t *extra = NULL;

    if (d->extra[0] == '\0')
        return 0;
    if (json_parse(&ignored, str_of(d->extra), &extra) != ERR_OK ||
        !json_is_object(extra))
        return 0; /* cut short by its buffer: better left out than wrong */
    return json_object_update_missing(problem, extra);
}

static int
errors_add(json_t *problem, const struct diag *d)
{
    if (d->field[0] == '\0' || json_object_get(problem, "errors") != NULL)
        return 0;
    return json_object_set_new(problem, "errors",
        json_pack("[{s:s, s:s}]", "pointer", d->field, "detail", detail_of(d)));
}

json_t *
problem_json(const struct diag *d, const char *instance, json_t *members)
{
    char type[96];
    json_t *problem;

    snprintf(type, sizeof type, "/problems/%s", err_slug(d->code));
    problem = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title",
        err_title(d->code), "status", err_http(d->code), "detail", detail_of(d),
        "instance", instance);
    if (problem == NULL)
        return NULL;
    if ((json_is_object(members) &&
            json_object_update_missing(problem, members) != 0) ||
        extra_add(problem, d) != 0 || errors_add(problem, d) != 0) {
        json_decref(problem);
        return NULL;
    }
    return problem;
}
