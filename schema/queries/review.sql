-- Decisions of people about versions of jobs.

-- name: REVIEW_INSERT (ssisssssiisi)
INSERT INTO review (id, job_id, version, reviewer_id, decision, comment, checklist_json,
    source_sha256, data_version, policy_version, runtime, time_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- name: REVIEW_LIST (ssi) -> (sssssssii)
SELECT r.id, r.reviewer_id, u.name, r.decision, r.comment, r.checklist_json,
    r.source_sha256, r.version, r.time_us
FROM review r JOIN user u ON u.id = r.reviewer_id
WHERE r.job_id = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?3;

-- name: REVIEW_APPROVAL (si) -> (ssiis)
SELECT r.id, r.source_sha256, r.data_version, r.policy_version, r.runtime
FROM review r WHERE r.job_id = ?1 AND r.version = ?2 AND r.decision = 'approve'
ORDER BY r.id DESC LIMIT 1;
