/* child.h -- what the children of the runner share: the order's schema, the vault, the
 * broker's jail, the last word. */
#ifndef SANDBOX_RUNNER_CHILD_H
#define SANDBOX_RUNNER_CHILD_H

#include "sandbox/runner/broker.h"
#include "sandbox/vault/vault.h"

#define CHILD_SCHEMA_BYTES_MAX (4 << 20)          /* of an order's schema, as text */
#define CHILD_ARENA_BYTES      ((size_t)64 << 20) /* room for it, parsed */

enum err child_schema(
    struct diag *d, struct arena *a, struct str json, struct schema *out) NODISCARD;
/* ERR_SANDBOX: this runner has no private data. vault_close it. */
enum err child_vault(
    struct diag *d, const struct broker_setup *s, struct vault **out) NODISCARD;
/* vault_load from a vault that is closed again afterwards. */
enum err child_load(struct diag *d, const struct broker_setup *s,
    const char *dataset_id, int64_t version, const struct schema *schema,
    const bool *columns, struct table *out) NODISCARD;
/* Shuts every door but the order's own socket. */
enum err child_seal(struct diag *d, const struct broker_setup *s) NODISCARD;
/* Answers body, or what failed where e is no ERR_OK, and ends the process. */
_Noreturn void child_end(int fd, enum frame_type type, const struct buf *body,
    enum err e, const struct diag *d);

#endif
