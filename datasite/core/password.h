/* password.h -- Argon2id, at most two at once: each needs 64 MiB and a tenth of a second. */
#ifndef DATASITE_CORE_PASSWORD_H
#define DATASITE_CORE_PASSWORD_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"

#define PASSWORD_HASH_BYTES 128

/* 12 to 1024 bytes, and neither one character repeated nor the account's own e-mail. */
enum err password_check(
    struct diag *d, struct str password, const char *email) NODISCARD;
enum err password_hash(
    struct diag *d, struct str password, char out[PASSWORD_HASH_BYTES]) NODISCARD;
/* hash "": no such account or no password. The work and the answer (*ok false) are those
 * of a wrong password, so that neither text nor time tells. ERR_RATE: too many wait. */
enum err password_verify(
    struct diag *d, struct str password, const char *hash, bool *ok) NODISCARD;

#endif
