/* site_key.h -- a site's public key, as people hand it on. */
#ifndef DATASITE_SITE_KEY_H
#define DATASITE_SITE_KEY_H

#include "datasite/base/err.h"

#include <stdint.h>

#define SITE_KEY_BYTES 32

/* From a file: a line of base64url or hex, 32 bytes, or what /.well-known/datasite
 * answers. */
enum err site_key_read(
    struct diag *d, const char *path, uint8_t key[SITE_KEY_BYTES]) NODISCARD;

#endif
