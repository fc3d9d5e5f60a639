/* fuzz_source.c -- Lua text as researchers send it: the scanner ends, and what it passes
 * holds no control or hidden character. */
#include "policies/codescan.h"
#include "tests/fuzz/declared.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char declared[] =
    "{\"unit\":null,\"columns\":[{\"name\":\"los\",\"type\":\"integer\"}]}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    struct schema schema;
    struct codescan scan;
    ARENA_SCOPE(arena, 64 << 20);
    size_t len;

    declared_schema(arena, declared, &schema);
    char *source = source_normal(arena, (struct str){(const char *)data, size}, &len);
    if (source == NULL)
        return 0;
    const struct str text = {source, len};
    if (codescan_run(&d, arena, text, &schema, LANE_DP, &scan) != ERR_OK)
        return 0;
    for (size_t i = 0; i < len && scan.findings_n == 0; i++)
        CHECK(
            (unsigned char)source[i] >= 0x20 || source[i] == '\n' || source[i] == '\t');
    CHECK(scan.findings_n > 0 || str_utf8_ok(text));
    return 0;
}
