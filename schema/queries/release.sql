-- Results and their receipts.

-- name: RESULT_INSERT (ssssssssi)
INSERT INTO result (job_id, run_id, outputs_json, measurements_json, log, checks_json,
    places_json, sha256, made_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: RESULT_BY_JOB (s) -> (sssssssiissss)
SELECT run_id, coalesce(left_json, outputs_json), measurements_json, log,
    coalesce(left_sha256, sha256), checks_json, receipt_json, made_us, released_us,
    outputs_json, sha256, places_json, withheld_json
FROM result WHERE job_id = ?1;

-- name: RESULT_PART (ssss)
UPDATE result SET withheld_json = ?2, left_json = ?3, left_sha256 = ?4
WHERE job_id = ?1 AND released_us IS NULL;

-- name: RESULT_RELEASED (siss)
UPDATE result SET released_us = ?2, comment = ?3, receipt_json = ?4
WHERE job_id = ?1 AND released_us IS NULL;

-- name: RESULT_CHECKED (ss)
UPDATE result SET checks_json = ?2 WHERE job_id = ?1 AND released_us IS NULL;

-- Exact answers that the run of a result got: plan, which cells are withheld, and the
-- version of the data.
-- name: HISTORY_HELD (s) -> (ssi)
SELECT m.plan_json, coalesce(m.kept_back, m.withheld), m.data_version
FROM result r JOIN run x ON x.id = r.run_id JOIN measurement m ON m.job_id = r.job_id
    AND m.version = x.version AND m.data_version = x.data_version
WHERE r.job_id = ?1 AND m.exact
ORDER BY m.seq;

-- The same of every released result of dataset ?1 but that of job ?2.
-- name: HISTORY_RELEASED (ss) -> (sssi)
SELECT j.id, m.plan_json, coalesce(m.kept_back, m.withheld), m.data_version
FROM job j JOIN result r ON r.job_id = j.id JOIN run x ON x.id = r.run_id
    JOIN measurement m ON m.job_id = r.job_id AND m.version = x.version
        AND m.data_version = x.data_version
WHERE j.dataset_id = ?1 AND j.id <> ?2 AND r.released_us IS NOT NULL AND m.exact
ORDER BY r.released_us, m.seq;

-- What anybody may know of what was released, newest first.
-- name: RESULT_PUBLIC (si) -> (sisssssss)
SELECT j.id, r.released_us, d.title, p.purpose, j.lane,
    json_extract(r.receipt_json, '$.receipt.policy'),
    json_extract(r.receipt_json, '$.receipt.epsilon'),
    json_extract(r.receipt_json, '$.receipt.delta'),
    json_extract(r.receipt_json, '$.receipt.source_sha256')
FROM result r JOIN job j ON j.id = r.job_id JOIN dataset d ON d.id = j.dataset_id
    JOIN project p ON p.id = j.project_id
WHERE j.state = 'released' AND (?1 IS NULL OR j.id < ?1)
ORDER BY j.id DESC LIMIT ?2;

-- name: MEASUREMENT_WITHHELD (siiss)
UPDATE measurement SET withheld = ?5
WHERE job_id = ?1 AND version = ?2 AND data_version = ?3 AND digest = ?4 AND exact;

-- name: MEASUREMENT_KEPT_BACK (siiss)
UPDATE measurement SET kept_back = ?5
WHERE job_id = ?1 AND version = ?2 AND data_version = ?3 AND digest = ?4 AND exact;
