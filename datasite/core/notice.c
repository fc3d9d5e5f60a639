/* notice.c -- what people are told: an event with its study, who did it and why. */
#include "datasite/core/notice.h"

#include "datasite/base/check.h"

#include <stdio.h>
#include <string.h>

/* The columns of a notice, in order. */
#define NOTICE_OUT(n, seen)                                                       \
    &(n)->seq, &(n)->time, &(n)->kind, &(n)->subject, &(n)->state, &(n)->dataset, \
        &(n)->project, &(n)->job, &(n)->person_id, &(n)->person, &(n)->reason, (seen)

static int64_t
is_admin(const struct ctx *cx)
{
    return (cx->actor.roles & ROLE_ADMIN) != 0;
}

enum err
notice_list(
    struct ctx *cx, int64_t before, int64_t limit, struct notice **out, size_t *n)
{
    int64_t seen;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_NOTICE_LIST, cx->actor.id,
        before > 0 ? before : INT64_MAX, is_admin(cx), limit));
    for (;;) {
        struct notice one = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_NOTICE_LIST, &more,
            NOTICE_OUT(&one, &seen)));
        if (!more)
            return ERR_OK;
        one.seen = seen != 0;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = one;
    }
}

enum err
notice_see(struct ctx *cx, int64_t seq)
{
    return db_run(cx->db, &cx->diag, NULL, STMT_NOTICE_SEEN, cx->actor.id, seq);
}

enum err
notice_next(struct ctx *cx, int64_t after, bool all, struct notice *out, bool *found)
{
    int64_t seen;
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_NOTICE_NEXT, cx->actor.id,
        after, is_admin(cx), all && is_admin(cx) ? INT64_C(1) : INT64_C(0),
        (int64_t)all, NOTICE_OUT(out, &seen));

    *found = err == ERR_OK;
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

/* What a researcher did about a grant is looked at where its dataset's owner answers. */
static bool
is_for_owner(const struct notice *n)
{
    return strcmp(n->kind, "dataset.access") == 0 &&
        (strcmp(n->state, "open") == 0 || strcmp(n->state, "withdrawn") == 0);
}

const char *
notice_path(struct arena *a, const struct notice *n)
{
    static const struct {
        const char *kind, *page;
        bool names_subject;
    } pages[] = {
        {"job.", "/jobs/", true},
        {"dataset.", "/datasets/", true},
        {"project.", "/projects/", true},
        {"raise.", "/budgets", false},
        {"population.", "/budgets", false},
    };
    char path[256] = "/";

    for (size_t i = 0; i < ARRAY_N(pages); i++) {
        if (strncmp(n->kind, pages[i].kind, strlen(pages[i].kind)) == 0)
            snprintf(path, sizeof path, "%s%.200s%s", pages[i].page,
                pages[i].names_subject ? n->subject : "",
                is_for_owner(n) ? "?tab=access" : "");
    }
    return arena_strn(a, path, strlen(path));
}
