-- What was applied to this file; datasite/store/migrate.c reads and writes it before any
-- connection pool is open, in every database of ours.

-- name: MIGRATION_TABLE () -> ()
CREATE TABLE IF NOT EXISTS migration (
    version INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    digest  TEXT NOT NULL
) STRICT;

-- name: MIGRATION_INSERT (iss) -> ()
INSERT INTO migration (version, name, digest) VALUES (?1, ?2, ?3);

-- name: MIGRATION_LIST () -> (iss)
SELECT version, name, digest FROM migration ORDER BY version;
