/* keys.c -- the site's secrets, in files of DIR/keys and in locked memory. */
#include "datasite/core/keys.h"

#include "datasite/base/enc.h"
#include "datasite/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32

_Static_assert(SECRET_BYTES == crypto_sign_SEEDBYTES, "a signing key is its seed");
_Static_assert(SECRET_BYTES == crypto_kdf_KEYBYTES, "a master key has sub-keys");

struct keys {
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    uint8_t sign[crypto_sign_SECRETKEYBYTES];
    uint8_t hash[SECRET_BYTES]; /* sub-key 1 of the token key */
    uint8_t seal[SECRET_BYTES]; /* sub-key 2 of the token key */
};

/* A secret is written whole under another name and linked into place: two programs that
 * start at once agree on one, and a crash leaves none that is cut short. */
static enum err
secret_make(struct diag *d, const char *path)
{
    char beside[PATH_MAX + 32];
    uint8_t secret[SECRET_BYTES];
    enum err err = ERR_OK;

    snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    FD_SCOPE(fd) = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd == -1)
        return FAIL(d, ERR_IO, "%s: %s", beside, strerror(errno));
    randombytes_buf(secret, sizeof secret);
    err = fd_write_all(d, fd, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    if (err == ERR_OK &&
        (fsync(fd) == -1 || (link(beside, path) == -1 && errno != EEXIST)))
        err = FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    unlink(beside);
    return err;
}

static enum err
secret_read(struct diag *d, const char *path, uint8_t out[SECRET_BYTES])
{
    struct stat st;
    uint8_t more;

    FD_SCOPE(fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1 || fstat(fd, &st) == -1)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    if (st.st_mode & 077) {
        return FAIL(
            d, ERR_IO, "%s: others may read this secret; set its mode to 0400", path);
    }
    if (read(fd, out, SECRET_BYTES) != SECRET_BYTES || read(fd, &more, 1) != 0)
        return FAIL(d, ERR_IO, "%s: not a key of %d bytes", path, SECRET_BYTES);
    return ERR_OK;
}

static enum err
secret_open(
    struct diag *d, const char *dir, const char *name, uint8_t out[SECRET_BYTES])
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (access(path, F_OK) == -1)
        TRY(secret_make(d, path));
    return secret_read(d, path, out);
}

/* The public half, for `datasite verify --key`. */
static enum err
public_write(struct diag *d, const char *dir, const uint8_t key[32])
{
    char path[PATH_MAX], text[44], line[48];

    snprintf(path, sizeof path, "%s/site.pub", dir);
    if (access(path, F_OK) == 0)
        return ERR_OK;
    snprintf(line, sizeof line, "%s\n", base64url_text(key, 32, text));
    return file_replace(d, path, str_of(line), 0444);
}

static enum err
keys_fill(struct diag *d, const char *dir, struct keys *k, uint8_t *secret)
{
    TRY(secret_open(d, dir, "site.key", secret));
    crypto_sign_seed_keypair(k->public, k->sign, secret);
    TRY(secret_open(d, dir, "token.key", secret));
    crypto_kdf_derive_from_key(k->hash, sizeof k->hash, 1, "datasite", secret);
    crypto_kdf_derive_from_key(k->seal, sizeof k->seal, 2, "datasite", secret);
    return public_write(d, dir, k->public);
}

enum err
keys_open(struct diag *d, const char *keys_dir, struct keys **out)
{
    uint8_t secret[SECRET_BYTES];
    struct keys *k;
    enum err err;

    if (sodium_init() == -1)
        return FAIL(d, ERR_INTERNAL, "libsodium does not start");
    if (strlen(keys_dir) > PATH_MAX - 64) {
        return FAIL(
            d, ERR_INVALID, "%.100s…: the name of the folder is too long", keys_dir);
    }
    if (mkdir(keys_dir, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", keys_dir, strerror(errno));
    k = sodium_malloc(sizeof *k);
    if (k == NULL)
        return FAIL(d, ERR_INTERNAL, "no locked memory for the site's keys");
    err = keys_fill(d, keys_dir, k, secret);
    sodium_memzero(secret, sizeof secret);
    if (err != ERR_OK) {
        sodium_free(k);
        return err;
    }
    sodium_mprotect_readonly(k);
    *out = k;
    return ERR_OK;
}

void
keys_close(struct keys *k)
{
    if (k != NULL)
        sodium_free(k);
}

const uint8_t *
keys_public(const struct keys *k)
{
    return k->public;
}

void
keys_sign(const struct keys *k, struct str msg, uint8_t sig[64])
{
    crypto_sign_detached(sig, NULL, (const uint8_t *)msg.ptr, msg.len, k->sign);
}

bool
keys_verify(const uint8_t public_key[32], struct str msg, const uint8_t sig[64])
{
    return crypto_sign_verify_detached(
               sig, (const uint8_t *)msg.ptr, msg.len, public_key) == 0;
}

struct digest
keys_token_hash(const struct keys *k, const char *purpose, struct str token)
{
    crypto_generichash_state h;
    struct digest g;

    crypto_generichash_init(&h, k->hash, sizeof k->hash, sizeof g.b);
    crypto_generichash_update(&h, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&h, (const uint8_t *)token.ptr, token.len);
    crypto_generichash_final(&h, g.b, sizeof g.b);
    return g;
}

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG   crypto_aead_xchacha20poly1305_ietf_ABYTES

enum err
keys_seal(const struct keys *k, struct diag *d, struct str context, struct str plain,
    struct buf *out)
{
    uint8_t nonce[NONCE];
    size_t at = out->len;

    randombytes_buf(nonce, sizeof nonce);
    buf_add(out, nonce, sizeof nonce);
    buf_add(out, plain.ptr, plain.len);
    buf_add(out, nonce, TAG); /* room for the tag */
    if (out->full)
        return FAIL(d, ERR_TOO_LARGE, "too large to be sealed");
    crypto_aead_xchacha20poly1305_ietf_encrypt((uint8_t *)out->ptr + at + NONCE, NULL,
        (const uint8_t *)plain.ptr, plain.len, (const uint8_t *)context.ptr,
        context.len, NULL, nonce, k->seal);
    return ERR_OK;
}

enum err
keys_unseal(const struct keys *k, struct diag *d, struct str context, struct str sealed,
    struct buf *out)
{
    const uint8_t *box = (const uint8_t *)sealed.ptr;
    size_t at = out->len;

    if (sealed.len < NONCE + TAG)
        return FAIL(d, ERR_DB, "a sealed text is cut short");
    buf_add(out, box + NONCE, sealed.len - NONCE);
    if (out->full)
        return FAIL(d, ERR_TOO_LARGE, "too large to be unsealed");
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)out->ptr + at, NULL, NULL,
            box + NONCE, sealed.len - NONCE, (const uint8_t *)context.ptr, context.len,
            box, k->seal) != 0) {
        out->len = at;
        return FAIL(d, ERR_DB, "a sealed text was altered");
    }
    out->len -= TAG;
    return ERR_OK;
}
