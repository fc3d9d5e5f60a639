-- Answers already given.

-- name: IDEMPOTENCY_GET (ssi) -> (sibss)
SELECT fingerprint, status, body, location, etag FROM idempotency
WHERE actor = ?1 AND key = ?2 AND created_us > ?3;

-- name: IDEMPOTENCY_PUT (sssibssi)
INSERT INTO idempotency (actor, key, fingerprint, status, body, location, etag, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: IDEMPOTENCY_PRUNE (i)
DELETE FROM idempotency WHERE created_us <= ?1;
