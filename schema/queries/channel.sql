-- Where letters go. kind 'webhook': people make them; 'mail': one for each person.

-- name: CHANNEL_INSERT (ssssii)
INSERT INTO channel (id, user_id, kind, url, after_seq, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- Webhooks of ?1, or of all (NULL), after ?2.
-- name: WEBHOOK_LIST (ssi) -> (ssssissi)
SELECT c.id, c.user_id, u.name, c.url, c.failures, c.state, c.last_error, c.created_us
FROM channel c JOIN user u ON u.id = c.user_id
WHERE c.kind = 'webhook' AND (?1 IS NULL OR c.user_id = ?1) AND c.id > ?2
ORDER BY c.id LIMIT ?3;

-- name: WEBHOOK_BY_ID (s) -> (ssssissi)
SELECT c.id, c.user_id, u.name, c.url, c.failures, c.state, c.last_error, c.created_us
FROM channel c JOIN user u ON u.id = c.user_id WHERE c.kind = 'webhook' AND c.id = ?1;

-- name: WEBHOOK_COUNT (s) -> (i)
SELECT count(*) FROM channel WHERE kind = 'webhook' AND user_id = ?1;

-- name: CHANNEL_DELETE (s)
DELETE FROM channel WHERE id = ?1;

-- Those that may be tried at ?2, by id after ?1, with the address of their person; ?3:
-- letters by mail are sent too.
-- name: CHANNEL_DUE (sii) -> (ssssiisi)
SELECT c.id, c.kind, c.url, c.user_id, c.after_seq, c.failures, u.email, u.roles
FROM channel c JOIN user u ON u.id = c.user_id AND u.suspended = 0
WHERE c.id > ?1 AND c.state = 'active' AND c.next_us <= ?2 AND (?3 OR c.kind = 'webhook')
ORDER BY c.id LIMIT 1;

-- When the first that failed may be tried again.
-- name: CHANNEL_NEXT (i) -> (i)
SELECT min(next_us) FROM channel WHERE state = 'active' AND next_us > ?1;

-- name: CHANNEL_SENT (si)
UPDATE channel SET after_seq = ?2, failures = 0, next_us = 0, last_error = '' WHERE id = ?1;

-- name: CHANNEL_FAILED (siiss)
UPDATE channel SET failures = ?2, next_us = ?3, state = ?4, last_error = ?5 WHERE id = ?1;

-- name: CHANNEL_MAIL_MISSING () -> (s)
SELECT u.id FROM user u WHERE NOT EXISTS (
    SELECT 1 FROM channel c WHERE c.user_id = u.id AND c.kind = 'mail')
ORDER BY u.id LIMIT 1;
