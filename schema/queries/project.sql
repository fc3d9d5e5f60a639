-- Projects. Who sees which: members their own, an admin all (?3), an owner those that use
-- one of its datasets.

-- name: PROJECT_INSERT (sssss)
INSERT INTO project (id, owner_id, title, purpose, created_at) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: PROJECT_UPDATE (sss) -> (i)
UPDATE project SET title = ?2, purpose = ?3, revision = revision + 1
WHERE id = ?1 RETURNING revision;

-- name: PROJECT_BY_ID (ssi) -> (ssssssi)
SELECT p.id, p.owner_id, u.name, p.title, p.purpose, p.created_at, p.revision
FROM project p JOIN user u ON u.id = p.owner_id
WHERE p.id = ?1 AND (?3
    OR EXISTS (SELECT 1 FROM project_member m WHERE m.project_id = p.id AND m.user_id = ?2)
    OR EXISTS (SELECT 1 FROM project_dataset x JOIN dataset d ON d.id = x.dataset_id
               WHERE x.project_id = p.id AND d.owner_id = ?2));

-- name: PROJECT_LIST (ssii) -> (ssssssi)
SELECT p.id, p.owner_id, u.name, p.title, p.purpose, p.created_at, p.revision
FROM project p JOIN user u ON u.id = p.owner_id
WHERE p.id > ?1 AND (?3
    OR EXISTS (SELECT 1 FROM project_member m WHERE m.project_id = p.id AND m.user_id = ?2)
    OR EXISTS (SELECT 1 FROM project_dataset x JOIN dataset d ON d.id = x.dataset_id
               WHERE x.project_id = p.id AND d.owner_id = ?2))
ORDER BY p.id LIMIT ?4;

-- name: PROJECT_DATASETS (s) -> (s)
SELECT d.name FROM project_dataset x JOIN dataset d ON d.id = x.dataset_id
WHERE x.project_id = ?1 ORDER BY d.name;

-- name: PROJECT_DATASETS_N (s) -> (i)
SELECT count(*) FROM project_dataset WHERE project_id = ?1;

-- name: PROJECT_DATASET_INSERT (ss)
INSERT OR IGNORE INTO project_dataset (project_id, dataset_id) VALUES (?1, ?2);

-- name: PROJECT_DATASETS_DELETE (s)
DELETE FROM project_dataset WHERE project_id = ?1;

-- name: PROJECT_MEMBER_INSERT (ss)
INSERT OR IGNORE INTO project_member (project_id, user_id) VALUES (?1, ?2);

-- name: PROJECT_MEMBER_DELETE (ss)
DELETE FROM project_member WHERE project_id = ?1 AND user_id = ?2;

-- name: PROJECT_MEMBERS (ssi) -> (ssi)
SELECT m.user_id, u.name, m.user_id = p.owner_id
FROM project_member m JOIN user u ON u.id = m.user_id JOIN project p ON p.id = m.project_id
WHERE m.project_id = ?1 AND m.user_id > ?2 ORDER BY m.user_id LIMIT ?3;

-- name: PROJECT_MEMBER (ss) -> (i)
SELECT 1 FROM project_member WHERE project_id = ?1 AND user_id = ?2;

-- name: PROJECT_HAS (ss) -> (i)
SELECT 1 FROM project_dataset WHERE project_id = ?1 AND dataset_id = ?2;
