/* audit_cli.c -- the offline proof of the audit log and of the ledger beside it. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/cli.h"
#include "datasite/core/checkpoint.h"
#include "datasite/core/ledger.h"
#include "datasite/offline.h"
#include "datasite/options.h"
#include "datasite/site_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORT_BYTES_MAX ((size_t)1 << 30)
#define MARKS_BYTES_MAX  ((size_t)64 << 20)

/* What a walk along the chain came to. */
struct walk {
    int64_t entries, first_bad;
    struct digest head;
    struct audit_marks marks;
};

static void
walk_release(struct walk *w)
{
    free(w->marks.list);
}
#define WALK_SCOPE(name) struct walk name __attribute__((cleanup(walk_release))) = {0}

/* A chain that does not hold is an answer; anything else is a failure. */
static enum err
report_chain(struct diag *d, enum err result, const struct walk *w, enum answer *answer)
{
    char text[65];

    *answer = result == ERR_OK ? ANSWER_YES : ANSWER_NO;
    if (result == ERR_OK) {
        printf("the chain holds: %" PRId64 " entries, head %s\n", w->entries,
            digest_text(w->head, text));
        if (w->marks.n > 0)
            printf("signed checkpoints met: %zu of %zu\n", w->marks.met, w->marks.n);
        return ERR_OK;
    }
    if (result != ERR_CONFLICT)
        return result;
    fprintf(stderr, "the chain is broken at entry %" PRId64 ": %s\n", w->first_bad,
        d->text);
    return ERR_OK;
}

/* Anything else that does not hold. */
static enum err
report_broken(struct diag *d, enum err result, enum answer *answer)
{
    if (result != ERR_CONFLICT)
        return result;
    fprintf(stderr, "not valid: %s\n", d->text);
    *answer = ANSWER_NO;
    return ERR_OK;
}

/* The site's own checkpoints, under the key that it was given, else its own. */
static enum err
site_marks(
    struct diag *d, struct offline *o, const char *key_path, struct audit_marks *out)
{
    char own[DATADIR_PATH_MAX + 16];
    uint8_t key[SITE_KEY_BYTES];

    snprintf(own, sizeof own, "%s/site.pub", o->dir.keys);
    if (key_path == NULL && access(own, F_OK) == -1)
        return ERR_OK; /* a copy without its keys: the chain alone */
    TRY(site_key_read(d, key_path != NULL ? key_path : own, key));
    return offline_fail(d, o, checkpoint_marks(&o->cx, key, out));
}

static enum err
verify_site(struct diag *d, const char *dir, const char *key, enum answer *answer)
{
    struct audit_marks marks = {0};
    struct walk w = {0};
    enum err result;
    OFFLINE_SCOPE(o);

    TRY(offline_open(d, dir, false, DB_RO, &o));
    result = site_marks(d, &o, key, &marks);
    if (result != ERR_OK)
        return report_broken(d, result, answer);
    w.marks = marks;
    result = offline_fail(
        d, &o, audit_verify(&o.cx, &w.marks, &w.entries, &w.head, &w.first_bad));
    TRY(report_chain(d, result, &w, answer));
    if (*answer == ANSWER_NO)
        return ERR_OK;
    result = offline_fail(d, &o, ledger_verify_all(&o.cx));
    if (result != ERR_OK)
        return report_broken(d, result, answer);
    printf("the ledger adds up\n");
    return ERR_OK;
}

static int
by_seq(const void *a, const void *b)
{
    const struct audit_mark *x = a, *y = b;

    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* {"items":[…]} as GET /audit/checkpoints answers, or one signed head. */
static enum err
marks_read(struct diag *d, const char *path, const uint8_t key[SITE_KEY_BYTES],
    struct audit_marks *out)
{
    json_auto_t *doc = NULL, *alone = json_array();
    const json_t *list, *one;
    size_t i;
    BUF_SCOPE(text);

    buf_init(&text, MARKS_BYTES_MAX);
    TRY(file_read(d, path, &text));
    TRY(json_parse(d, buf_str(&text), &doc));
    list = json_object_get(doc, "items");
    if (!json_is_array(list)) {
        json_array_append(alone, doc);
        list = alone;
    }
    out->list = calloc(json_array_size(list) + 1, sizeof *out->list);
    if (out->list == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for checkpoints");
    json_array_foreach(list, i, one)
    {
        TRY(head_mark(d, one, key, &out->list[i]));
    }
    out->n = json_array_size(list);
    qsort(out->list, out->n, sizeof *out->list, by_seq);
    return ERR_OK;
}

/* The export of a part begins where it was asked to, and nowhere else: what is cut off
 * at the front leaves a chain that holds. */
static enum err
begins_after(struct diag *d, struct str text, int64_t after, struct walk *w)
{
    json_auto_t *first = json_loadb(text.ptr, text.len, JSON_DISABLE_EOF_CHECK, NULL);
    json_int_t seq = json_integer_value(json_object_get(first, "seq"));

    if (seq == after + 1)
        return ERR_OK;
    w->first_bad = after + 1;
    return FAIL(d, ERR_CONFLICT,
        "audit entry %" PRId64 ": it is missing; the export begins with entry %" PRId64
        " (--after says that it is of a part)",
        after + 1, (int64_t)seq);
}

struct export
{
    const char *path, *marks, *key;
    int64_t after; /* the last entry before it */
};

static enum err
verify_export(struct diag *d, const struct export *x, enum answer *answer)
{
    uint8_t key[SITE_KEY_BYTES];
    enum err result;
    WALK_SCOPE(w);
    BUF_SCOPE(text);

    if (x->marks != NULL) {
        TRY(site_key_read(d, x->key, key));
        result = marks_read(d, x->marks, key, &w.marks);
        if (result != ERR_OK)
            return report_broken(d, result, answer);
    }
    buf_init(&text, EXPORT_BYTES_MAX);
    TRY(file_read(d, x->path, &text));
    result = audit_verify_lines(
        d, buf_str(&text), &w.marks, &w.entries, &w.head, &w.first_bad);
    if (result == ERR_OK)
        result = begins_after(d, buf_str(&text), x->after, &w);
    return report_chain(d, result, &w, answer);
}

enum err
cmd_audit_verify(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *dir = NULL, *after = NULL;
    struct export x = {0};
    struct words words;
    const struct opt opts[] = {{.name = "--data", .value = &dir},
        {.name = "--key", .value = &x.key},
        {.name = "--checkpoints", .value = &x.marks},
        {.name = "--after", .value = &after}};

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 0, 1, &words));
    if ((dir == NULL) == (words.n == 0))
        return FAIL(d, ERR_INVALID, "say either --data DIR or the exported file");
    if (dir != NULL && (x.marks != NULL || after != NULL)) {
        return FAIL(d, ERR_INVALID,
            "--checkpoints and --after go with an exported file; DIR is whole");
    }
    if (dir == NULL && (x.marks == NULL) != (x.key == NULL))
        return FAIL(d, ERR_INVALID, "--checkpoints FILE and --key KEY go together");
    if (after != NULL && (!str_fixed(str_of(after), 0, &x.after) || x.after < 0))
        return FAIL(d, ERR_INVALID, "--after %s: a whole number from 0", after);
    if (dir != NULL)
        return verify_site(d, dir, x.key, answer);
    x.path = words.word[0];
    return verify_export(d, &x, answer);
}
