-- Bearer tokens.

-- name: TOKEN_INSERT (ssssiii)
INSERT INTO token (id, user_id, name, hash, scopes, created_us, expires_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: TOKEN_BY_HASH (si) -> (ssiii)
SELECT t.id, t.user_id, u.roles, t.scopes, coalesce(t.used_us, 0)
FROM token t JOIN user u ON u.id = t.user_id
WHERE t.hash = ?1 AND u.suspended = 0 AND t.expires_us > ?2;

-- name: TOKEN_USE (si)
UPDATE token SET used_us = max(coalesce(used_us, 0), ?2) WHERE id = ?1;

-- name: TOKEN_LIST (ssi) -> (ssiiii)
SELECT id, name, scopes, created_us, expires_us, used_us FROM token
WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3;

-- name: TOKEN_COUNT (s) -> (i)
SELECT count(*) FROM token WHERE user_id = ?1;

-- name: TOKEN_DELETE (ss)
DELETE FROM token WHERE id = ?1 AND user_id = ?2;

-- name: TOKEN_DELETE_ALL (s)
DELETE FROM token WHERE user_id = ?1;

-- name: TOKEN_PRUNE (si)
DELETE FROM token WHERE user_id = ?1 AND expires_us <= ?2;
