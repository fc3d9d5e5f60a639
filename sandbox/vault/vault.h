/* vault.h -- private columns at rest: encrypted segments in vault.db, key outside it.
 *
 * Each segment is XChaCha20-Poly1305 with dataset, version, column, segment number and
 * row count as associated data, under a data key of the version, wrapped by the site's
 * vault key. Opened only by children of datasite-runner. */
#ifndef SANDBOX_VAULT_VAULT_H
#define SANDBOX_VAULT_VAULT_H

#include "sandbox/table/csv.h"

struct vault;
/* key_path holds 32 bytes, made on first use with mode 0400. */
enum err vault_open(struct diag *d, const char *db_path, const char *key_path,
    struct vault **out) NODISCARD;
void vault_close(struct vault *v);
/* Streams CSV into a new version of a dataset in one transaction; nothing stays on failure. */
enum err vault_ingest(struct diag *d, struct vault *v, const char *dataset_id,
    int64_t version, const struct schema *s, int fd,
    struct csv_report *report) NODISCARD;
/* Loads the wanted columns (by schema index) and always the unit column. */
enum err vault_load(struct diag *d, struct vault *v, const char *dataset_id,
    int64_t version, const struct schema *s, const bool *wanted,
    struct table *out) NODISCARD;
/* Destroys the data key of a version, then its segments (crypto-shredding). */
enum err vault_forget(
    struct diag *d, struct vault *v, const char *dataset_id, int64_t version) NODISCARD;

#endif
