/* verify_cli.c -- the offline proof of a release receipt. */
#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/cli.h"
#include "datasite/core/keys.h"
#include "datasite/core/leaves.h"
#include "datasite/core/receipt.h"
#include "datasite/options.h"
#include "datasite/site_key.h"
#include "policies/codescan.h"

#include <stdio.h>
#include <string.h>

#define RECEIPT_BYTES_MAX ((size_t)16 << 20)
#define SIGNATURE_BYTES   64

struct proof {
    struct arena *arena;
    json_t *doc;                    /* owned: a signed receipt, or a result with one */
    json_t *receipt;                /* borrowed, like all below */
    json_t *outputs, *measurements; /* NULL: the document is no result */
    json_t *digests;                /* of its values by pointer; NULL: none given */
    const char *signature, *key;    /* base64url, borrowed */
    uint8_t site_key[SITE_KEY_BYTES];
    bool holds;
};

static void
proof_release(struct proof *p)
{
    json_decref(p->doc);
    arena_free(p->arena);
}
#define PROOF_SCOPE(name) struct proof name __attribute__((cleanup(proof_release)))

static void
differs(struct proof *p, const char *what)
{
    p->holds = false;
    fprintf(stderr, "not valid: %s\n", what);
}

static void
differs_at(struct proof *p, const char *pointer, const char *why)
{
    char line[512];

    snprintf(line, sizeof line, "%.300s: %s", pointer, why);
    differs(p, line);
}

/* Takes the signed receipt out of the document, which may be a whole result. What is no
 * receipt does not hold. */
static void
receipt_take(struct proof *p, struct str text)
{
    struct diag d = {0};
    json_t *signed_receipt;

    if (json_parse(&d, text, &p->doc) != ERR_OK) {
        differs(p, d.text);
        return;
    }
    signed_receipt = p->doc;
    if (json_object_get(p->doc, "outputs") != NULL &&
        json_take(&d, p->doc, "{s:o, s:o, s:o}", "outputs", &p->outputs, "measurements",
            &p->measurements, "receipt", &signed_receipt) != ERR_OK)
        differs(p, d.text);
    if (p->holds &&
        json_take(&d, signed_receipt, "{s:o, s:s, s:s, s?o !}", "receipt", &p->receipt,
            "signature", &p->signature, "key", &p->key, "digests",
            &p->digests) != ERR_OK)
        differs(p, d.text);
}

/* Names each value of the receipt that its digest does not fit. */
static void
check_leaves(struct proof *p)
{
    json_auto_t *own = leaves_digests(p->receipt);
    const char *pointer;
    json_t *v;

    if (p->digests == NULL)
        return; /* an older receipt: its signature alone says whether it holds */
    json_object_foreach(own, pointer, v)
    {
        if (!json_equal(v, json_object_get(p->digests, pointer)))
            differs_at(p, pointer, "this value, or its digest, was changed");
    }
    json_object_foreach(p->digests, pointer, v)
    {
        if (json_object_get(own, pointer) == NULL)
            differs_at(p, pointer, "there is a digest and no such value");
    }
}

static void
check_signature(struct proof *p)
{
    struct diag why = {0};
    uint8_t signature[SIGNATURE_BYTES], key[SITE_KEY_BYTES];
    size_t n = 0;
    BUF_SCOPE(message);

    if (!base64url_parse(str_of(p->key), key, sizeof key, &n) || n != SITE_KEY_BYTES ||
        memcmp(key, p->site_key, SITE_KEY_BYTES) != 0) {
        differs(p, "key: the receipt names another than the one given with --key");
        return;
    }
    buf_init(&message, 2 * RECEIPT_BYTES_MAX);
    buf_addz(&message, RECEIPT_DOMAIN);
    if (json_canonical(&why, p->receipt, &message) != ERR_OK ||
        !base64url_parse(str_of(p->signature), signature, sizeof signature, &n) ||
        n != SIGNATURE_BYTES || !keys_verify(p->site_key, buf_str(&message), signature))
        differs(p,
            p->holds ? "signature: it does not fit the receipt"
                     : "the signature does not fit the receipt");
}

/* Compares a digest that the receipt names with the one of what lies here. */
static void
check_digest(struct proof *p, const char *member, struct str bytes, const char *what)
{
    const char *want = json_string_value(json_object_get(p->receipt, member));
    char text[65], line[512];

    digest_text(digest_sha256(bytes), text);
    if (want != NULL && strcmp(want, text) == 0)
        return;
    snprintf(line, sizeof line, "%s: its SHA-256 is %s, the receipt's %s is %s", what,
        text, member, want == NULL ? "not there" : want);
    differs(p, line);
}

static enum err
check_source(struct diag *d, struct proof *p, const char *path)
{
    char *normal;
    size_t n;
    BUF_SCOPE(text);

    buf_init(&text, (size_t)2 * SOURCE_BYTES_MAX);
    TRY(file_read(d, path, &text));
    normal = source_normal(p->arena, buf_str(&text), &n);
    if (normal == NULL)
        return FAIL(d, ERR_TOO_LARGE, "%s: too long", path);
    check_digest(p, "source_sha256", (struct str){normal, n}, path);
    return ERR_OK;
}

static enum err
check_outputs(struct diag *d, struct proof *p, const json_t *outputs, const char *where)
{
    BUF_SCOPE(text);

    buf_init(&text, RECEIPT_BYTES_MAX);
    TRY(json_text(d, outputs, &text));
    check_digest(p, "result_sha256", buf_str(&text), where);
    return ERR_OK;
}

static enum err
check_result(struct diag *d, struct proof *p, const char *path)
{
    json_auto_t *doc = NULL;
    json_t *outputs = NULL;
    BUF_SCOPE(text);

    buf_init(&text, RECEIPT_BYTES_MAX);
    TRY(file_read(d, path, &text));
    TRY(json_parse(d, buf_str(&text), &doc));
    TRY(json_take(d, doc, "{s:o}", "outputs", &outputs));
    return check_outputs(d, p, outputs, path);
}

/* What a result says beside its receipt is what the receipt says. */
static enum err
check_beside(struct diag *d, struct proof *p)
{
    json_t *named = json_object_get(p->receipt, "measurements"), *one, *v;
    const char *member;
    size_t i;

    if (p->outputs == NULL)
        return ERR_OK;
    TRY(check_outputs(d, p, p->outputs, "the outputs"));
    if (json_array_size(named) != json_array_size(p->measurements))
        differs(p, "the receipt names another number of measurements");
    json_array_foreach(named, i, one)
    {
        json_object_foreach(one, member, v)
        {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/measurements/%zu/%.80s", i, member);
            if (!json_equal(
                    v, json_object_get(json_array_get(p->measurements, i), member)))
                differs_at(p, pointer, "the receipt names another");
        }
    }
    return ERR_OK;
}

static void
print_receipt(const struct proof *p)
{
    static const char *const shown[] = {"site", "job", "dataset", "researcher",
        "source_sha256", "result_sha256", "epsilon", "released_at"};
    const json_t *part;
    size_t at;

    printf("valid\n");
    for (size_t i = 0; i < ARRAY_N(shown); i++) {
        const char *text = json_string_value(json_object_get(p->receipt, shown[i]));
        if (text != NULL)
            printf("  %-14s %s\n", shown[i], text);
    }
    json_array_foreach(json_object_get(p->receipt, "withheld"), at, part)
    {
        printf("  %-14s %s: %s\n", "withheld",
            json_string_value(json_object_get(part, "pointer")),
            json_string_value(json_object_get(part, "reason")));
    }
}

enum err
cmd_verify(struct diag *d, int argc, char **argv, enum answer *answer)
{
    const char *key = NULL, *source = NULL, *result = NULL;
    struct words words = {.name = "RECEIPT.json"};
    PROOF_SCOPE(p) = {.holds = true};
    BUF_SCOPE(text);
    const struct opt opts[] = {{.name = "--key", .value = &key},
        {.name = "--source", .value = &source}, {.name = "--result", .value = &result}};

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    if (key == NULL) {
        return FAIL(
            d, ERR_INVALID, "say whose signature it must bear: --key SITE_KEY.pub");
    }
    TRY(site_key_read(d, key, p.site_key));
    buf_init(&text, RECEIPT_BYTES_MAX);
    TRY(file_read(d, words.word[0], &text));
    p.arena = arena_new(RECEIPT_BYTES_MAX);
    receipt_take(&p, buf_str(&text));
    if (p.holds) {
        check_leaves(&p);
        check_signature(&p);
    }
    if (p.holds)
        TRY(check_beside(d, &p));
    if (p.holds && source != NULL)
        TRY(check_source(d, &p, source));
    if (p.holds && result != NULL)
        TRY(check_result(d, &p, result));
    if (p.holds)
        print_receipt(&p);
    *answer = p.holds ? ANSWER_YES : ANSWER_NO;
    return ERR_OK;
}
