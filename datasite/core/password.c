/* password.c -- Argon2id with 64 MiB and three passes: about a seventh of a second. */
#include "datasite/core/password.h"

#include "datasite/base/limits.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PASSES       3
#define MEMORY_BYTES ((size_t)64 << 20)
#define SLOTS        2
#define WAITING_MAX  16
#define WAIT_S       10

_Static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "a hash fits");

/* A hash of nothing, with the parameters above: work for an unknown account. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* One per process: memory for two hashes is the ceiling whoever asks. */
struct slots {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int busy, waiting;
};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
static struct slots slots = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static bool
slot_take(void)
{
    struct timespec until;
    bool taken = false;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&slots.lock);
    if (slots.waiting < WAITING_MAX) {
        slots.waiting++;
        while (slots.busy >= SLOTS && rc != ETIMEDOUT)
            rc = pthread_cond_timedwait(&slots.freed, &slots.lock, &until);
        slots.waiting--;
        taken = slots.busy < SLOTS;
        slots.busy += taken;
    }
    pthread_mutex_unlock(&slots.lock);
    return taken;
}

static void
slot_give(void)
{
    pthread_mutex_lock(&slots.lock);
    slots.busy--;
    pthread_cond_signal(&slots.freed);
    pthread_mutex_unlock(&slots.lock);
}

static bool
is_one_character(struct str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] != s.ptr[0])
            return false;
    }
    return true;
}

enum err
password_check(struct diag *d, struct str password, const char *email)
{
    if (password.len < PASSWORD_BYTES_MIN) {
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, "/password",
            "a password has at least %d bytes", PASSWORD_BYTES_MIN);
    }
    if (password.len > PASSWORD_BYTES_MAX) {
        return FAIL_FIELD(d, ERR_UNPROCESSABLE, "/password",
            "a password has at most %d bytes", PASSWORD_BYTES_MAX);
    }
    if (memchr(password.ptr, 0, password.len) != NULL || !str_utf8_ok(password)) {
        return FAIL_FIELD(
            d, ERR_UNPROCESSABLE, "/password", "a password is UTF-8 without NUL");
    }
    if (is_one_character(password) ||
        (strlen(email) == password.len &&
            strncasecmp(email, password.ptr, password.len) == 0)) {
        return FAIL_FIELD(
            d, ERR_UNPROCESSABLE, "/password", "this password is too easy to guess");
    }
    return ERR_OK;
}

enum err
password_hash(struct diag *d, struct str password, char out[PASSWORD_HASH_BYTES])
{
    int rc;

    if (!slot_take())
        return FAIL(d, ERR_RATE, "too many sign-ins at once; try again in a moment");
    rc = crypto_pwhash_str_alg(out, password.ptr, password.len, PASSES, MEMORY_BYTES,
        crypto_pwhash_ALG_ARGON2ID13);
    slot_give();
    if (rc != 0)
        return FAIL(d, ERR_INTERNAL, "no memory to hash a password");
    return ERR_OK;
}

enum err
password_verify(struct diag *d, struct str password, const char *hash, bool *ok)
{
    bool is_known = hash[0] != '\0';
    int rc;

    *ok = false;
    if (password.len > PASSWORD_BYTES_MAX)
        password.len = 0; /* never right; the same work */
    if (!slot_take())
        return FAIL(d, ERR_RATE, "too many sign-ins at once; try again in a moment");
    rc = crypto_pwhash_str_verify(is_known ? hash : nobody, password.ptr, password.len);
    slot_give();
    *ok = rc == 0 && is_known;
    return ERR_OK;
}
