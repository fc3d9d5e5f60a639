-- Results and their receipts.

-- name: RESULT_INSERT (sssssssi)
INSERT INTO result (job_id, run_id, outputs_json, measurements_json, log, checks_json,
    sha256, made_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: RESULT_BY_JOB (s) -> (sssssssiis)
SELECT run_id, outputs_json, measurements_json, log, sha256, checks_json, receipt_json,
    made_us, released_us, comment
FROM result WHERE job_id = ?1;

-- name: RESULT_RELEASED (siss)
UPDATE result SET released_us = ?2, comment = ?3, receipt_json = ?4
WHERE job_id = ?1 AND released_us IS NULL;
