/* fuzz_json.c -- request bodies: what parses must also print, canonically and again. */
#include "datasite/base/check.h"
#include "datasite/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    json_auto_t *v = NULL, *again = NULL;
    BUF_SCOPE(text);

    buf_init(&text, 1 << 20);
    if (json_parse(&d, (struct str){(const char *)data, size}, &v) != ERR_OK)
        return 0;
    if (json_canonical(&d, v, &text) != ERR_OK)
        return 0; /* a real has no canonical form */
    CHECK(json_parse(&d, buf_str(&text), &again) == ERR_OK);
    CHECK(json_equal(v, again));
    return 0;
}
