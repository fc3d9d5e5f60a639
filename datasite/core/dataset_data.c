/* dataset_data.c -- versions of the data, and the mock that stands in for them. */
#include "datasite/core/dataset.h"

#include "datasite/base/enc.h"

#include <sodium.h>

#define SALT_BYTES 32

enum err
dataset_data_begin(struct ctx *cx, struct dataset *ds, int64_t *version)
{
    unsigned char salt[SALT_BYTES];
    char hex[2 * SALT_BYTES + 1];

    randombytes_buf(salt, sizeof salt);
    return db_one(cx->db, &cx->diag, cx->arena, STMT_DATASET_VERSION_INSERT, ds->id,
        hex_text(salt, sizeof salt, hex), cx->now.us, version);
}

enum err
dataset_data_commit(struct ctx *cx, struct dataset *ds, int64_t version,
    const struct csv_report *report)
{
    char hash[65];
    int64_t changed;
    TXN_SCOPE(txn);

    digest_text(report->sha256, hash);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_DATASET_VERSION_LOADED, ds->id,
        version, report->rows, report->outside_bounds, hash));
    if (changed != 1)
        return FAIL(&cx->diag, ERR_CONFLICT, "the upload was given up meanwhile");
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_DATASET_VERSION_IN_FORCE, ds->id,
        version, cx->now.us));
    if (changed != 1)
        return FAIL(&cx->diag, ERR_CONFLICT, "a later upload is in force already");
    TRY(dataset_changed(cx, ds, "dataset.data",
        json_pack("{s:I}", "version", (json_int_t)version), "dataset.version"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_data_abandon(struct ctx *cx, struct dataset *ds, int64_t version)
{
    return db_run(
        cx->db, &cx->diag, NULL, STMT_DATASET_VERSION_ABANDON, ds->id, version);
}

enum err
dataset_commitment(struct ctx *cx, const char *id, int64_t version, const char **out)
{
    const char *salt, *sha256;
    char hex[65];
    char *text;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_DATASET_VERSION_SECRETS, id, version,
        &salt, &sha256));
    text = arena_strf(cx->arena, "%s%s", salt, sha256);
    if (text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    *out = arena_strf(cx->arena, "%s", digest_text(digest_sha256(str_of(text)), hex));
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

enum err
dataset_mock_set(struct ctx *cx, struct dataset *ds, struct str csv, int64_t rows,
    const char *origin)
{
    int64_t version = ds->mock_version + 1;
    char hash[65];
    TXN_SCOPE(txn);

    digest_text(digest_sha256(csv), hash);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_MOCK_PUT, ds->id, version, origin, rows,
        hash, &csv));
    TRY(db_run(
        cx->db, &cx->diag, NULL, STMT_DATASET_MOCK_SET, ds->id, version, cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.mock",
        json_pack("{s:I, s:I, s:s, s:s}", "version", (json_int_t)version, "rows",
            (json_int_t)rows, "origin", origin, "sha256", hash),
        "dataset.mock"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_mock(struct ctx *cx, const struct dataset *ds, struct str *csv)
{
    if (ds->mock_version == 0)
        return FAIL(&cx->diag, ERR_NOT_FOUND, "the dataset has no mock yet");
    return db_one(cx->db, &cx->diag, cx->arena, STMT_MOCK_CSV, ds->id, csv);
}
