/* fuzz_route.c -- paths: a match fills every parameter, a miss names the methods there are. */
#include "datasite/base/check.h"
#include "datasite/http/router.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPE(arena, 1 << 20);
    const char *param[ROUTE_PARAMS_MAX] = {0};
    unsigned allow = 0;

    if (size == 0)
        return 0;
    const enum method method = data[0] % METHOD_N;
    const char *path = arena_strn(arena, (const char *)data + 1, size - 1);
    const struct route *r = router_match(method, path, arena, param, &allow);
    if (r == NULL)
        return 0;
    size_t wanted = 0;
    for (const char *p = strchr(r->path, '{'); p != NULL; p = strchr(p + 1, '{'))
        wanted++;
    for (size_t i = 0; i < wanted; i++)
        CHECK(param[i] != NULL && param[i][0] != '\0');
    return 0;
}
