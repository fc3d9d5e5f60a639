/* site_key.c -- a site's public key, as people hand it on. */
#include "datasite/site_key.h"

#include "datasite/base/enc.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"

#include <string.h>

enum err
site_key_read(struct diag *d, const char *path, uint8_t key[SITE_KEY_BYTES])
{
    json_auto_t *doc = NULL;
    const char *text = NULL;
    struct diag quiet = {0};
    struct str s;
    size_t n = 0;
    BUF_SCOPE(bytes);

    buf_init(&bytes, 64 << 10);
    TRY(file_read(d, path, &bytes));
    s = buf_str(&bytes);
    if (s.len == SITE_KEY_BYTES) {
        memcpy(key, s.ptr, SITE_KEY_BYTES);
        return ERR_OK;
    }
    if (s.len > 0 && s.ptr[0] == '{' && json_parse(&quiet, s, &doc) == ERR_OK &&
        json_take(&quiet, doc, "{s:s}", "key", &text) == ERR_OK)
        s = str_of(text);
    while (s.len > 0 && strchr("\r\n ", s.ptr[s.len - 1]) != NULL)
        s.len--;
    if (hex_parse(s, key, SITE_KEY_BYTES))
        return ERR_OK;
    if (!base64url_parse(s, key, SITE_KEY_BYTES, &n) || n != SITE_KEY_BYTES)
        return FAIL(d, ERR_INVALID, "%s: no Ed25519 public key", path);
    return ERR_OK;
}
