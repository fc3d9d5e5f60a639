-- Who may see and use a dataset.

-- name: GRANT_HAS (ss) -> (i)
SELECT 1 FROM dataset_grant WHERE dataset_id = ?1 AND user_id = ?2;

-- name: GRANT_PUT (ssi)
INSERT OR IGNORE INTO dataset_grant (dataset_id, user_id, granted_us) VALUES (?1, ?2, ?3);

-- name: GRANT_DELETE (ss)
DELETE FROM dataset_grant WHERE dataset_id = ?1 AND user_id = ?2;

-- name: GRANT_USER_ROLES (s) -> (i)
SELECT roles FROM user WHERE id = ?1;
