/* ledger_row.h -- how a row of the ledger is written and hashed: for those who write rows
 * and those who check them. */
#ifndef DATASITE_CORE_LEDGER_ROW_H
#define DATASITE_CORE_LEDGER_ROW_H

#include "datasite/core/ledger.h"

/* What the first row follows. */
static const char ledger_before_first[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* What is hashed and audited of a row: everything that can be said of it. Owned by the
 * caller; NULL: no memory. */
json_t *ledger_row_hashed(
    const struct ledger_row *r, const char *dataset_id, const char *measurement);
enum err ledger_row_digest(
    struct diag *d, const char *before, const json_t *doc, char hash[65]) NODISCARD;
/* Writes the next row and its audit entry, and sets seq and time of r, which holds all
 * else but the hash. reason stands in the audit log alone and may be NULL. */
enum err ledger_row_append(struct ctx *cx, struct ledger_row *r, const char *dataset_id,
    const char *reason) NODISCARD;

#endif
