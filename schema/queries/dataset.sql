-- Datasets, their data versions and mocks. dataset_view gives struct dataset.

-- name: DATASET_INSERT (sssssssssi)
INSERT INTO dataset (id, name, owner_id, title, description, schema_json, accounting,
    policy_name, policy_json, policy_version, created_us, changed_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10);

-- name: DATASET_BY_NAME (s) -> (sssssssssisiiiiisiiiiiiisi)
SELECT id, name, owner_id, owner_name, title, description, schema_json, policy_name,
    policy_json, policy_version, accounting, epsilon_nano, delta_atto, data_version,
    data_rows, outside, sha256, mock_version, mock_rows, published, archived, revision,
    created_us, changed_us,
    (SELECT json_group_array(json_object('id', p.id, 'name', p.name))
        FROM dataset_reviewer w JOIN user p ON p.id = w.user_id WHERE w.dataset_id = v.id),
    discoverable
FROM dataset_view v WHERE name = ?1;

-- name: DATASET_BY_ID (s) -> (sssssssssisiiiiisiiiiiiisi)
SELECT id, name, owner_id, owner_name, title, description, schema_json, policy_name,
    policy_json, policy_version, accounting, epsilon_nano, delta_atto, data_version,
    data_rows, outside, sha256, mock_version, mock_rows, published, archived, revision,
    created_us, changed_us,
    (SELECT json_group_array(json_object('id', p.id, 'name', p.name))
        FROM dataset_reviewer w JOIN user p ON p.id = w.user_id WHERE w.dataset_id = v.id),
    discoverable
FROM dataset_view v WHERE id = ?1;

-- Those user ?1 owns, reviews or was granted, or all (?2). Archived ones are the owner's
-- alone.
-- name: DATASET_LIST (sisi) -> (sssssssssisiiiiisiiiiiiisi)
SELECT id, name, owner_id, owner_name, title, description, schema_json, policy_name,
    policy_json, policy_version, accounting, epsilon_nano, delta_atto, data_version,
    data_rows, outside, sha256, mock_version, mock_rows, published, archived, revision,
    created_us, changed_us,
    (SELECT json_group_array(json_object('id', p.id, 'name', p.name))
        FROM dataset_reviewer w JOIN user p ON p.id = w.user_id WHERE w.dataset_id = v.id),
    discoverable
FROM dataset_view v
WHERE name > ?3 AND (?2 OR owner_id = ?1
    OR (NOT archived AND EXISTS
        (SELECT 1 FROM dataset_reviewer w WHERE w.dataset_id = v.id AND w.user_id = ?1))
    OR (published AND NOT archived AND EXISTS
        (SELECT 1 FROM dataset_grant g WHERE g.dataset_id = v.id AND g.user_id = ?1)))
ORDER BY name LIMIT ?4;

-- name: DATASET_IDS (s) -> (s)
SELECT id FROM dataset WHERE id > ?1 ORDER BY id LIMIT 1;

-- name: DATASET_DESCRIBE (sssi)
UPDATE dataset SET title = ?2, description = ?3, revision = revision + 1, changed_us = ?4
WHERE id = ?1;

-- name: DATASET_ARCHIVE (si)
UPDATE dataset SET archived = 1, published = 0, revision = revision + 1, changed_us = ?2
WHERE id = ?1;

-- name: DATASET_PUBLISH (sii)
UPDATE dataset SET published = ?2, revision = revision + 1, changed_us = ?3 WHERE id = ?1;

-- name: DATASET_DISCOVER (sii)
UPDATE dataset SET discoverable = ?2, revision = revision + 1, changed_us = ?3
WHERE id = ?1;

-- name: DATASET_POLICY_SET (sssi)
UPDATE dataset SET policy_name = ?2, policy_json = ?3, policy_version = policy_version + 1,
    revision = revision + 1, changed_us = ?4
WHERE id = ?1;

-- name: DATASET_TOUCH (si)
UPDATE dataset SET revision = revision + 1, changed_us = ?2 WHERE id = ?1;

-- name: DATASET_VERSION_INSERT (ssi) -> (i)
INSERT INTO dataset_version (dataset_id, version, state, salt, begun_us)
SELECT ?1, coalesce(max(version), 0) + 1, 'loading', ?2, ?3
FROM dataset_version WHERE dataset_id = ?1
RETURNING version;

-- name: DATASET_VERSION_LOADED (siiis)
UPDATE dataset_version SET state = 'loaded', rows = ?3, outside = ?4, sha256 = ?5
WHERE dataset_id = ?1 AND version = ?2 AND state = 'loading';

-- name: DATASET_VERSION_ABANDON (si)
UPDATE dataset_version SET state = 'abandoned'
WHERE dataset_id = ?1 AND version = ?2 AND state = 'loading';

-- An upload that ended after a later one does not push the later one out.
-- name: DATASET_VERSION_IN_FORCE (sii)
UPDATE dataset SET data_version = ?2, revision = revision + 1, changed_us = ?3
WHERE id = ?1 AND data_version < ?2;

-- name: DATASET_VERSION_LOADING () -> (si)
SELECT dataset_id, version FROM dataset_version WHERE state = 'loading' LIMIT 1;

-- name: DATASET_VERSION_SECRETS (si) -> (ss)
SELECT salt, sha256 FROM dataset_version
WHERE dataset_id = ?1 AND version = ?2 AND state = 'loaded';

-- name: MOCK_PUT (sisisb)
INSERT INTO mock (dataset_id, version, origin, rows, sha256, csv)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (dataset_id) DO UPDATE SET version = excluded.version, origin = excluded.origin,
    rows = excluded.rows, sha256 = excluded.sha256, csv = excluded.csv;

-- name: DATASET_MOCK_SET (sii)
UPDATE dataset SET mock_version = ?2, revision = revision + 1, changed_us = ?3 WHERE id = ?1;

-- name: MOCK_CSV (s) -> (b)
SELECT csv FROM mock WHERE dataset_id = ?1;

-- A loaded version that nothing can ask any more: not in force, or of an archived dataset,
-- and no approved job is bound to it, nor a result that waits. A version that exact answers
-- were released of stays as long as its dataset: later ones are compared with them.
-- name: DATASET_VERSION_IDLE () -> (si)
SELECT v.dataset_id, v.version
FROM dataset_version v JOIN dataset d ON d.id = v.dataset_id
WHERE v.state = 'loaded' AND v.forgotten_us IS NULL
    AND (d.archived OR v.version < d.data_version)
    AND NOT EXISTS (SELECT 1 FROM job j
        WHERE j.dataset_id = v.dataset_id AND j.state IN ('approved', 'queued', 'running', 'held')
            AND (SELECT r.data_version FROM review r WHERE r.job_id = j.id
                AND r.version = j.version AND r.decision = 'approve'
                ORDER BY r.id DESC LIMIT 1) = v.version)
    AND (d.archived OR NOT EXISTS (SELECT 1
        FROM job j JOIN result r ON r.job_id = j.id JOIN run x ON x.id = r.run_id
            JOIN measurement m ON m.job_id = j.id AND m.version = x.version
                AND m.data_version = x.data_version
        WHERE j.dataset_id = v.dataset_id AND r.released_us IS NOT NULL AND m.exact
            AND x.data_version = v.version))
ORDER BY v.dataset_id, v.version LIMIT 1;

-- name: DATASET_VERSION_FORGOTTEN (sii)
UPDATE dataset_version SET forgotten_us = ?3
WHERE dataset_id = ?1 AND version = ?2 AND forgotten_us IS NULL;

-- name: REVIEWER_HAS (ss) -> (i)
SELECT 1 FROM dataset_reviewer WHERE dataset_id = ?1 AND user_id = ?2;

-- name: REVIEWER_PUT (ssi)
INSERT OR IGNORE INTO dataset_reviewer (dataset_id, user_id, added_us) VALUES (?1, ?2, ?3);

-- name: REVIEWERS_CLEAR (s)
DELETE FROM dataset_reviewer WHERE dataset_id = ?1;
