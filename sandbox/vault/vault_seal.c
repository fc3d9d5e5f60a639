/* vault_seal.c -- sealing what is stored: bound to its place, under a key. */
#include "sandbox/vault/vault_seal.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"

#include <stdlib.h>
#include <string.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

/* What the meaning of a column's numbers hangs on. */
static struct digest
column_shape(const struct schema_column *c)
{
    BUF_SCOPE(b);

    buf_init(&b, (size_t)CATEGORIES_MAX * 512);
    buf_addf(&b, "%s %d %d\n", column_type_name(c->type), c->decimals, c->nullable);
    for (size_t i = 0; i < c->categories_n; i++)
        buf_addf(&b, "%zu:%s\n", strlen(c->categories[i]), c->categories[i]);
    return digest_bytes(buf_str(&b));
}

static struct digest
place_digest(const struct vault_place *p)
{
    BUF_SCOPE(b);

    buf_init(&b, 4096);
    buf_addf(&b, "%zu:%s %lld %lld %lld ", strlen(p->dataset), p->dataset,
        (long long)p->version, (long long)p->number, (long long)p->rows);
    if (p->column != NULL) {
        char shape[65];
        digest_text(column_shape(p->column), shape);
        buf_addf(&b, "%s %s", p->column->name, shape);
    }
    CHECK(!b.full);
    return digest_bytes(buf_str(&b));
}

enum err
vault_seal(struct diag *d, const unsigned char *key, const struct vault_place *p,
    struct str plain, struct buf *out)
{
    struct digest at = place_digest(p);
    unsigned char nonce[NONCE_BYTES];
    unsigned long long n;
    char *room = malloc(plain.len + crypto_aead_xchacha20poly1305_ietf_ABYTES);

    if (room == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The vault needs too much memory.");
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)room, &n,
        (const unsigned char *)plain.ptr, plain.len, at.b, sizeof at.b, NULL, nonce,
        key);
    buf_add(out, nonce, sizeof nonce);
    buf_add(out, room, n);
    free(room);
    return out->full ? FAIL(d, ERR_TOO_LARGE, "The vault needs too much memory.")
                     : ERR_OK;
}

enum err
vault_unseal(struct diag *d, const unsigned char *key, const struct vault_place *p,
    struct str sealed, void *plain, size_t *n)
{
    struct digest at = place_digest(p);
    const unsigned char *bytes = (const unsigned char *)sealed.ptr;
    unsigned long long len = 0;

    if (sealed.len < VAULT_SEAL_BYTES ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL,
            bytes + NONCE_BYTES, sealed.len - NONCE_BYTES, at.b, sizeof at.b, bytes,
            key) != 0) {
        return FAIL(d, ERR_INTERNAL,
            "Stored data cannot be read: the vault key, the file or the schema is not "
            "the one they were stored with.");
    }
    *n = (size_t)len;
    return ERR_OK;
}
