-- Browser sessions, and the throttle of sign-in.

-- name: SESSION_INSERT (sssi)
INSERT INTO session (id, user_id, hash, created_us, used_us) VALUES (?1, ?2, ?3, ?4, ?4);

-- name: SESSION_BY_HASH (sii) -> (ssii)
SELECT s.id, s.user_id, u.roles, s.used_us
FROM session s JOIN user u ON u.id = s.user_id
WHERE s.hash = ?1 AND u.suspended = 0 AND s.created_us > ?2 AND s.used_us > ?3;

-- name: SESSION_USE (si)
UPDATE session SET used_us = max(used_us, ?2) WHERE id = ?1;

-- name: SESSION_DELETE (s)
DELETE FROM session WHERE id = ?1;

-- name: SESSION_DELETE_ALL (s)
DELETE FROM session WHERE user_id = ?1;

-- name: SESSION_PRUNE (ii)
DELETE FROM session WHERE created_us <= ?1 OR used_us <= ?2;

-- name: THROTTLE_GET (s) -> (i)
SELECT clear_us FROM throttle WHERE key = ?1;

-- name: THROTTLE_PUT (si)
INSERT INTO throttle (key, clear_us) VALUES (?1, ?2)
ON CONFLICT (key) DO UPDATE SET clear_us = excluded.clear_us;

-- name: THROTTLE_DELETE (s)
DELETE FROM throttle WHERE key = ?1;

-- name: THROTTLE_PRUNE (i)
DELETE FROM throttle WHERE clear_us < ?1;
