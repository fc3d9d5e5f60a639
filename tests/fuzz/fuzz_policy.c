/* fuzz_policy.c -- policy and schema documents: parsed whole or refused by name. */
#include "datasite/base/check.h"
#include "policies/policy.h"
#include "policies/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    struct policy policy;
    struct schema schema;
    json_auto_t *doc = NULL;
    ARENA_SCOPE(arena, 64 << 20);

    if (json_parse(&d, (struct str){(const char *)data, size}, &doc) != ERR_OK)
        return 0;
    if (policy_parse(&d, arena, doc, &policy) == ERR_OK)
        json_decref(policy_words(&policy));
    diag_clear(&d);
    if (schema_parse(&d, arena, doc, &schema) != ERR_OK)
        return 0;
    json_auto_t *again = schema_json(&schema);
    CHECK(again != NULL && schema_parse(&d, arena, again, &schema) == ERR_OK);
    return 0;
}
