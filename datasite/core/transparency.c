/* transparency.c -- what anybody may know of what was released. */
#include "datasite/core/transparency.h"

#include "datasite/base/check.h"
#include "datasite/core/settings.h"

enum err
transparency_list(struct ctx *cx, const char *before, int64_t limit,
    struct disclosure **out, size_t *n)
{
    struct settings settings;
    bool more;

    *n = 0;
    TRY(settings_load(cx, &settings));
    if (!settings.transparency)
        return ERR_OK;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_RESULT_PUBLIC, before, limit));
    for (;;) {
        struct disclosure d = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_RESULT_PUBLIC, &more, &d.job_id,
            &d.released.us, &d.dataset_title, &d.purpose, &d.lane, &d.policy,
            &d.epsilon, &d.delta, &d.source_sha256));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = d;
    }
}
