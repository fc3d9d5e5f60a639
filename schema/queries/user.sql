-- Accounts. Roles are a set of bits: enum role in datasite/core/ctx.h.

-- name: USER_INSERT (sssiss)
INSERT INTO user (id, email, name, roles, password, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: USER_BY_ID (s) -> (sssiiisi)
SELECT id, email, name, roles, suspended, password <> '', created_at, revision
FROM user WHERE id = ?1;

-- name: USER_BY_EMAIL (s) -> (sssiiisi)
SELECT id, email, name, roles, suspended, password <> '', created_at, revision
FROM user WHERE email = ?1;

-- name: USER_PASSWORD (s) -> (ss)
SELECT id, password FROM user WHERE email = ?1 AND suspended = 0;

-- name: USER_LIST (isi) -> (sssiiisi)
SELECT id, email, name, roles, suspended, password <> '', created_at, revision
FROM user WHERE (?1 = 0 OR roles & ?1) AND id > ?2 ORDER BY id LIMIT ?3;

-- name: USER_UPDATE (ssiis) -> (i)
UPDATE user SET name = ?2, roles = ?3, suspended = ?4, password = coalesce(?5, password),
    revision = revision + 1
WHERE id = ?1 RETURNING revision;

-- name: USER_COUNT () -> (i)
SELECT count(*) FROM user;

-- name: USER_ADMINS_BUT (s) -> (i)
SELECT count(*) FROM user WHERE roles & 4 AND suspended = 0 AND id <> ?1;

-- name: SETUP_PUT (si)
INSERT INTO setup (one, hash, expires_us) VALUES (1, ?1, ?2)
ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, expires_us = excluded.expires_us;

-- name: SETUP_GET () -> (si)
SELECT hash, expires_us FROM setup WHERE one = 1;

-- name: SETUP_END ()
DELETE FROM setup;
