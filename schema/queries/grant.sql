-- Who may see and use a dataset.

-- name: GRANT_HAS (ss) -> (i)
SELECT 1 FROM dataset_grant WHERE dataset_id = ?1 AND user_id = ?2;

-- name: GRANT_PUT (ssi)
INSERT OR IGNORE INTO dataset_grant (dataset_id, user_id, granted_us) VALUES (?1, ?2, ?3);

-- name: GRANT_DELETE (ss)
DELETE FROM dataset_grant WHERE dataset_id = ?1 AND user_id = ?2;

-- name: GRANT_USER_ROLES (s) -> (i)
SELECT roles FROM user WHERE id = ?1;

-- name: GRANT_LIST (ssi) -> (sssi)
SELECT u.id, u.name, u.email, g.granted_us
FROM dataset_grant g JOIN user u ON u.id = g.user_id
WHERE g.dataset_id = ?1 AND u.id > ?2 ORDER BY u.id LIMIT ?3;
