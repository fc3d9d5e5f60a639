/* sealed.c -- what disclosure control saw of an exact result, encrypted at rest. */
#include "datasite/core/sealed.h"

#include "datasite/core/keys.h"
#include "datasite/core/site.h"

#define EVIDENCE_BYTES_MAX (64 << 20)

/* Sealed to its job: evidence of another is refused. */
static enum err
context_of(struct ctx *cx, const char *job_id, struct str *out)
{
    const char *text = arena_strf(cx->arena, "evidence:%s", job_id);

    *out = str_of(text);
    return text != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

static json_t *
evidence_list(const json_t *measurements)
{
    json_t *list = json_array();
    const json_t *m;
    size_t i;

    json_array_foreach(measurements, i, m)
    {
        if (!json_is_true(json_object_get(m, "exact")))
            continue;
        json_array_append_new(list,
            json_pack("{s:O?, s:O?}", "label", json_object_get(m, "label"), "evidence",
                json_object_get(m, "evidence")));
    }
    return list;
}

enum err
sealed_keep(struct ctx *cx, const char *job_id, const json_t *measurements)
{
    json_auto_t *list = evidence_list(measurements);
    struct str context, bytes;
    BUF_SCOPE(plain);
    BUF_SCOPE(sealed);

    if (json_array_size(list) == 0)
        return ERR_OK;
    buf_init(&plain, EVIDENCE_BYTES_MAX);
    buf_init(&sealed, EVIDENCE_BYTES_MAX + 1024);
    TRY(json_text(&cx->diag, list, &plain));
    TRY(context_of(cx, job_id, &context));
    TRY(keys_seal(cx->site->keys, &cx->diag, context, buf_str(&plain), &sealed));
    bytes = buf_str(&sealed);
    return db_run(cx->db, &cx->diag, NULL, STMT_EVIDENCE_INSERT, job_id, &bytes);
}

enum err
sealed_evidence(struct ctx *cx, const char *job_id, json_t **out)
{
    struct str sealed, context;
    enum err err;
    BUF_SCOPE(plain);

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_EVIDENCE_BY_JOB, job_id, &sealed);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        *out = json_array();
        return ERR_OK;
    }
    TRY(err);
    buf_init(&plain, EVIDENCE_BYTES_MAX);
    TRY(context_of(cx, job_id, &context));
    TRY(keys_unseal(cx->site->keys, &cx->diag, context, sealed, &plain));
    return json_parse(&cx->diag, buf_str(&plain), out);
}
