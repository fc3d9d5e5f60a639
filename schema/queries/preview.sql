-- A policy held against what was asked and released before.

-- name: EVIDENCE_INSERT (sb)
INSERT INTO result_evidence (job_id, sealed) VALUES (?1, ?2);

-- name: EVIDENCE_BY_JOB (s) -> (b)
SELECT sealed FROM result_evidence WHERE job_id = ?1;

-- Jobs of a dataset that came past the first gate, newest first.
-- name: PREVIEW_JOBS (si) -> (sssssssiii)
SELECT j.id, j.lane, j.state, p.purpose, j.question, j.outputs_json, v.quote_json,
    length(CAST(v.source AS BLOB)), (SELECT count(*) FROM review w WHERE w.job_id = j.id
        AND w.version = j.version AND w.decision = 'approve'), coalesce(r.released_us, 0)
FROM job j
    JOIN project p ON p.id = j.project_id
    JOIN job_version v ON v.job_id = j.id AND v.version = j.version
    LEFT JOIN result r ON r.job_id = j.id
WHERE j.dataset_id = ?1 AND j.state NOT IN ('checking', 'blocked') AND v.quote_json IS NOT NULL
ORDER BY j.id DESC LIMIT ?2;

-- name: POLICY_VERSIONS (sii) -> (issi)
SELECT version, name, policy_json, since_us FROM policy_version
WHERE dataset_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3;
