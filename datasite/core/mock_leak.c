/* mock_leak.c -- no mock stands beside private data that it gives away. */
#include "datasite/core/mock_leak.h"

#include "datasite/base/fdio.h"
#include "datasite/core/site.h"

#define NAMED_BYTES 256 /* of a sentence; the report has them all */

static enum err
refuse(struct ctx *cx, const struct schema *s, const struct mock_report *r)
{
    BUF_SCOPE(names);
    const char *comma = "";

    buf_init(&names, NAMED_BYTES);
    for (size_t i = 0; i < r->columns_n && !names.full; i++) {
        if (r->columns[i].broken_rules == 0)
            continue;
        buf_addf(&names, "%s%s", comma, s->columns[i].name);
        comma = ", ";
    }
    return FAIL(&cx->diag, ERR_MOCK_LEAK, "the mock gives away private data in: %s%s",
        buf_str(&names).ptr, names.full ? " and more" : "");
}

enum err
mock_leak_check(struct ctx *cx, const struct dataset *ds, int64_t data_version,
    struct str csv, struct mock_report *out)
{
    FD_SCOPE(fd) = -1;
    struct schema schema;

    *out = (struct mock_report){0};
    if (data_version == 0)
        return ERR_OK;
    TRY(dataset_schema(cx, ds, &schema));
    TRY(memfd_of(&cx->diag, "mock", csv, &fd));
    TRY(runner_mockcheck(cx->site->runner, &cx->diag, ds->id, data_version,
        str_of(ds->schema_json), fd, out));
    return out->leaks ? refuse(cx, &schema, out) : ERR_OK;
}
