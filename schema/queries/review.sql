-- Decisions of people about versions of jobs.

-- ?13: the template that cast it, or null.
-- name: REVIEW_INSERT (ssisssssiisis)
INSERT INTO review (id, job_id, version, reviewer_id, decision, comment, checklist_json,
    source_sha256, data_version, policy_version, runtime, time_us, template_id, round)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, j.round FROM job j WHERE j.id = ?2;

-- A vote of the round at hand is shown to those who voted beside it (?4), on the same
-- things; to all where the round is not blind (?5).
-- name: REVIEW_LIST (ssisi) -> (ssssssssii)
SELECT r.id, r.reviewer_id, u.name, r.decision, r.comment, r.checklist_json,
    r.source_sha256, r.template_id, r.version, r.time_us
FROM review r JOIN user u ON u.id = r.reviewer_id JOIN job j ON j.id = r.job_id
WHERE r.job_id = ?1 AND r.id > ?2
    AND (NOT ?5 OR j.state <> 'in_review' OR r.round < j.round OR EXISTS (SELECT 1 FROM review mine
        WHERE mine.job_id = r.job_id AND mine.round = r.round AND mine.reviewer_id = ?4
            AND mine.data_version = r.data_version
            AND mine.policy_version = r.policy_version AND mine.runtime = r.runtime))
ORDER BY r.id LIMIT ?3;

-- The votes of the round at hand on these very things; ?6 NULL: on any runtime. ?7 asks
-- for its own.
-- name: REVIEW_TALLY (sisiiss) -> (iiiii)
SELECT count(*) FILTER (WHERE r.decision = 'approve'),
    count(*) FILTER (WHERE r.decision = 'request_changes'),
    count(*) FILTER (WHERE r.decision = 'reject'),
    count(*) FILTER (WHERE r.decision = 'abstain'),
    count(*) FILTER (WHERE r.reviewer_id = ?7)
FROM review r JOIN job j ON j.id = r.job_id
WHERE r.job_id = ?1 AND r.round = j.round AND r.version = ?2 AND r.source_sha256 = ?3
    AND r.data_version = ?4 AND r.policy_version = ?5 AND (?6 IS NULL OR r.runtime = ?6);

-- Those who may vote on a job, its author left out; and how many of them did not decide
-- yet on these very things.
-- name: REVIEW_VOTERS (sisiis) -> (ii)
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM review r
    WHERE r.job_id = j.id AND r.round = j.round AND r.reviewer_id = u.id AND r.version = ?2
        AND r.source_sha256 = ?3 AND r.data_version = ?4 AND r.policy_version = ?5
        AND r.runtime = ?6))
FROM job j JOIN dataset d ON d.id = j.dataset_id JOIN user u
    ON u.id = d.owner_id OR EXISTS (SELECT 1 FROM dataset_reviewer w
        WHERE w.dataset_id = d.id AND w.user_id = u.id)
WHERE j.id = ?1 AND u.id <> j.author_id AND u.suspended = 0 AND u.roles & 2;

-- name: REVIEW_ROUND (s) -> (ss)
SELECT r.id, r.decision FROM review r JOIN job j ON j.id = r.job_id
WHERE r.job_id = ?1 AND r.round = j.round ORDER BY r.id;

-- name: REVIEW_APPROVAL (si) -> (ssiisi)
SELECT r.id, r.source_sha256, r.data_version, r.policy_version, r.runtime, r.time_us
FROM review r WHERE r.job_id = ?1 AND r.version = ?2 AND r.decision = 'approve'
ORDER BY r.id DESC LIMIT 1;
