-- Sources that reviewers signed beforehand.

-- name: TEMPLATE_INSERT (sssssssiisi)
INSERT INTO template (id, dataset_id, name, lane, source, source_sha256, parameters_json,
    max_epsilon_nano, policy_version, maker_id, made_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: TEMPLATE_SIGN (ssi)
INSERT OR IGNORE INTO template_signature (template_id, user_id, signed_us)
VALUES (?1, ?2, ?3);

-- name: TEMPLATE_END (si)
UPDATE template SET ended_us = ?2 WHERE id = ?1 AND ended_us IS NULL;

-- ?2 NULL: all of the dataset, from ?3 on.
-- name: TEMPLATE_LIST (sssi) -> (sssssssiiiis)
SELECT t.id, t.name, t.lane, t.source, t.source_sha256, t.parameters_json, t.maker_id,
    t.max_epsilon_nano, t.policy_version, t.made_us, t.ended_us,
    (SELECT json_group_array(json_object('id', u.id, 'name', u.name))
        FROM (SELECT * FROM template_signature g WHERE g.template_id = t.id
            ORDER BY g.signed_us, g.user_id) s JOIN user u ON u.id = s.user_id)
FROM template t
WHERE t.dataset_id = ?1 AND (?2 IS NULL OR t.id = ?2) AND t.id > ?3
ORDER BY t.id LIMIT ?4;

-- Those whose votes a template may cast on a job: they signed it and may vote at present.
-- name: TEMPLATE_VOTERS (ss) -> (s)
SELECT u.id FROM template_signature s JOIN user u ON u.id = s.user_id
    JOIN job j ON j.id = ?2 JOIN dataset d ON d.id = j.dataset_id
WHERE s.template_id = ?1 AND u.id <> j.author_id AND u.suspended = 0 AND u.roles & 2
    AND (u.id = d.owner_id OR EXISTS (SELECT 1 FROM dataset_reviewer w
        WHERE w.dataset_id = d.id AND w.user_id = u.id))
ORDER BY s.signed_us, u.id;
