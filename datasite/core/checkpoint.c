/* checkpoint.c -- the head of the audit log, signed. */
#include "datasite/core/checkpoint.h"

#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE_BYTES 64
#define KEY_BYTES       32
#define DUE_ENTRIES     1000
#define DUE_US          INT64_C(86400000000)

/* Signing */

static enum err
head_message(struct diag *d, const json_t *doc, struct buf *out)
{
    json_auto_t *bare = json_copy((json_t *)(uintptr_t)doc);

    (void)json_object_del(bare, "signature");
    (void)json_object_del(bare, "key");
    buf_init(out, BODY_BYTES_MAX);
    buf_addz(out, AUDIT_HEAD_DOMAIN);
    return json_canonical(d, bare, out);
}

enum err
head_sign(struct diag *d, const struct keys *keys, json_t *doc)
{
    char signature_text[2 * SIGNATURE_BYTES], key_text[2 * KEY_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    BUF_SCOPE(message);

    TRY(head_message(d, doc, &message));
    keys_sign(keys, buf_str(&message), signature);
    base64url_text(signature, sizeof signature, signature_text);
    base64url_text(keys_public(keys), KEY_BYTES, key_text);
    if (json_object_set_new(doc, "signature", json_string(signature_text)) != 0 ||
        json_object_set_new(doc, "key", json_string(key_text)) != 0)
        return FAIL(d, ERR_INTERNAL, "no memory for a signature");
    return ERR_OK;
}

enum err
head_mark(
    struct diag *d, const json_t *doc, const uint8_t key[32], struct audit_mark *out)
{
    const json_t *entries = json_object_get(doc, "entries");
    const char *text = json_string_value(json_object_get(doc, "signature"));
    const char *head = json_string_value(json_object_get(doc, "head"));
    uint8_t signature[SIGNATURE_BYTES];
    size_t n = 0;
    BUF_SCOPE(message);

    out->seq = json_integer_value(entries);
    if (!json_is_integer(entries) || head == NULL || text == NULL ||
        !digest_parse(str_of(head), &out->head))
        return FAIL(d, ERR_CONFLICT, "this is no signed head of an audit log");
    if (!base64url_parse(str_of(text), signature, sizeof signature, &n) ||
        n != sizeof signature || head_message(d, doc, &message) != ERR_OK ||
        !keys_verify(key, buf_str(&message), signature)) {
        diag_clear(d);
        return FAIL(d, ERR_CONFLICT,
            "the checkpoint at entry %lld does not bear the signature of the key",
            (long long)out->seq);
    }
    return ERR_OK;
}

/* Making */

static enum err
newest(struct ctx *cx, struct checkpoint *out)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_CHECKPOINT_NEWEST,
        &out->entries, &out->head, &out->time, &out->signature, &out->key);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    *out = (struct checkpoint){.entries = 0};
    return ERR_OK;
}

enum err
checkpoint_make(struct ctx *cx, struct checkpoint *out)
{
    json_auto_t *doc = NULL;
    char hex[65], time[32];
    struct digest head;
    int64_t entries;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(audit_head(cx, &entries, &head));
    TRY(newest(cx, out));
    if (out->entries == entries)
        return txn_commit(&txn, &cx->diag);
    doc = json_pack("{s:I, s:s, s:s}", "entries", (json_int_t)entries, "head",
        digest_text(head, hex), "time", clock_text(cx->now, time));
    TRY(head_sign(&cx->diag, cx->site->keys, doc));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CHECKPOINT_INSERT, entries, hex, time,
        json_string_value(json_object_get(doc, "signature")),
        json_string_value(json_object_get(doc, "key"))));
    TRY(newest(cx, out));
    return txn_commit(&txn, &cx->diag);
}

enum err
checkpoint_is_due(struct ctx *cx, bool *out)
{
    struct checkpoint last;
    struct unixus made;
    struct digest head;
    int64_t entries;

    TRY(newest(cx, &last));
    TRY(audit_head(cx, &entries, &head));
    *out = entries != last.entries &&
        (last.entries == 0 || entries - last.entries >= DUE_ENTRIES ||
            !clock_parse(str_of(last.time), &made) || cx->now.us - made.us >= DUE_US);
    return ERR_OK;
}

/* Reading */

enum err
checkpoint_list(
    struct ctx *cx, int64_t after, int64_t limit, struct checkpoint **out, size_t *n)
{
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_CHECKPOINT_LIST, after, limit));
    for (;;) {
        struct checkpoint c = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_CHECKPOINT_LIST, &more,
            &c.entries, &c.head, &c.time, &c.signature, &c.key));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = c;
    }
}

json_t *
checkpoint_json(const struct checkpoint *c)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s}", "entries", (json_int_t)c->entries,
        "head", c->head, "time", c->time, "signature", c->signature, "key", c->key);
}

enum err
checkpoint_marks(struct ctx *cx, const uint8_t key[32], struct audit_marks *out)
{
    struct checkpoint *list;
    int64_t count;
    size_t n;

    *out = (struct audit_marks){0};
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_CHECKPOINT_COUNT, &count));
    TRY(checkpoint_list(cx, 0, count + 1, &list, &n));
    NEW(cx, out->list, n + 1);
    for (size_t i = 0; i < n; i++) {
        json_auto_t *doc = checkpoint_json(&list[i]);

        TRY(head_mark(&cx->diag, doc, key, &out->list[i]));
    }
    out->n = n;
    return ERR_OK;
}
