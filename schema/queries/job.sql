-- Jobs and their versions. job_view gives struct job.

-- name: JOB_INSERT (sssssssiisi)
INSERT INTO job (id, project_id, dataset_id, author_id, title, question, lane,
    max_epsilon_nano, max_delta_atto, outputs_json, state, version, created_us, changed_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'checking', 1, ?11, ?11);

-- name: JOB_BY_ID (s) -> (ssssssssssssssiisiiiisssssii)
SELECT * FROM job_view WHERE id = ?1;

-- Those ?1 wrote or may review, newest first. ?2: states between commas.
-- name: JOB_LIST (ssssi) -> (ssssssssssssssiisiiiisssssii)
SELECT * FROM job_view v
WHERE (author_id = ?1 OR dataset_owner = ?1 OR EXISTS
        (SELECT 1 FROM dataset_reviewer w WHERE w.dataset_id = v.dataset_id
            AND w.user_id = ?1))
    AND (?2 IS NULL OR instr(?2, ',' || state || ',') > 0)
    AND (?3 IS NULL OR dataset_name = ?3)
    AND (?4 IS NULL OR id < ?4)
ORDER BY id DESC LIMIT ?5;

-- The one statement that writes a state; job_move is its one caller.
-- name: JOB_MOVE (sssii) -> (i)
UPDATE job SET state = ?3, revision = revision + 1, changed_us = ?4
WHERE id = ?1 AND state = ?2 AND revision = ?5
RETURNING revision;

-- name: JOB_FAILURE_SET (ss)
UPDATE job SET failure_json = ?2 WHERE id = ?1;

-- name: JOB_REVISE (sssssiis)
UPDATE job SET title = ?2, question = ?3, lane = ?4, outputs_json = ?5,
    max_epsilon_nano = ?6, max_delta_atto = ?7, failure_json = ?8, version = version + 1
WHERE id = ?1;

-- name: JOB_DUPLICATE (sss) -> (s)
SELECT j.id FROM job_version v JOIN job j ON j.id = v.job_id
WHERE v.source_sha256 = ?3 AND j.author_id = ?1 AND j.dataset_id = ?2
    AND j.state NOT IN ('withdrawn', 'cancelled', 'revoked', 'expired')
ORDER BY j.id LIMIT 1;

-- name: JOB_VERSION_INSERT (sisssi)
INSERT INTO job_version (job_id, version, source, source_sha256, note, submitted_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: JOB_VERSION_BY (si) -> (iisssssssii)
SELECT version, submitted_us, source, source_sha256, note, requirements_json, checks_json,
    mock_json, quote_json, hold_nano, hold_atto
FROM job_version WHERE job_id = ?1 AND version = ?2;

-- name: JOB_VERSIONS (sii) -> (iisssssssii)
SELECT version, submitted_us, source, source_sha256, note, requirements_json, checks_json,
    mock_json, quote_json, hold_nano, hold_atto
FROM job_version WHERE job_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3;

-- name: JOB_VERSION_CHECKED (sissssii)
UPDATE job_version SET requirements_json = ?3, checks_json = ?4, mock_json = ?5,
    quote_json = ?6, hold_nano = ?7, hold_atto = ?8
WHERE job_id = ?1 AND version = ?2;

-- The oldest job that no thread has: one to check, and one to run where fewer than ?1 are
-- running. A run that has ended keeps its place until its end is shown, so that what
-- waits behind it does not tell when that was. (The list of states names the index.)
-- name: JOB_CLAIM_CHECK () -> (s)
UPDATE job SET claimed = 1
WHERE id = (SELECT id FROM job WHERE claimed = 0
    AND state IN ('checking', 'approved', 'queued') AND state = 'checking'
    ORDER BY changed_us, id LIMIT 1)
RETURNING id;

-- What would be refused its charges waits until its budget moves again.
-- name: JOB_CLAIM_RUN (i) -> (s)
UPDATE job SET claimed = 1
WHERE id = (SELECT id FROM job j WHERE claimed = 0
    AND state IN ('checking', 'approved', 'queued') AND state <> 'checking'
    AND NOT EXISTS (SELECT 1 FROM budget_freeze f WHERE f.dataset_id = j.dataset_id)
    AND (SELECT count(*) FROM job WHERE state = 'running') < ?1
    ORDER BY changed_us, id LIMIT 1)
RETURNING id;

-- Approved for other data, another policy or another runtime than are there now. The list
-- of states is that of the index job_work, which serves no other.
-- name: JOB_LAPSED_NEXT (s) -> (s)
SELECT j.id FROM job j JOIN dataset d ON d.id = j.dataset_id
WHERE j.claimed = 0 AND j.state IN ('checking', 'approved', 'queued') AND j.state <> 'checking'
    AND EXISTS (SELECT 1 FROM review r WHERE r.id = (SELECT max(id) FROM review
            WHERE job_id = j.id AND version = j.version AND decision = 'approve')
        AND (r.data_version <> d.data_version OR r.policy_version <> d.policy_version
            OR r.runtime <> ?1))
ORDER BY j.id LIMIT 1;

-- A run in a slot that was cut off stays running and is taken up where it is.
-- name: JOB_CLAIM_CUT_OFF () -> (s)
UPDATE job SET claimed = 1
WHERE id = (SELECT j.id FROM job j WHERE j.claimed = 0 AND j.state = 'running'
    AND NOT EXISTS (SELECT 1 FROM run_end e WHERE e.job_id = j.id)
    ORDER BY j.changed_us, j.id LIMIT 1)
RETURNING id;

-- name: JOB_UNCLAIM (s)
UPDATE job SET claimed = 0 WHERE id = ?1;

-- name: JOB_CLAIMS_CLEAR ()
UPDATE job SET claimed = 0 WHERE claimed = 1;

-- Running without a slot: a restart is seen in it.
-- name: JOB_RUNNING_OPENLY () -> (s)
SELECT j.id FROM job j WHERE j.state = 'running' AND NOT EXISTS (SELECT 1 FROM run x
    WHERE x.job_id = j.id AND x.version = j.version AND x.slot_us > 0)
ORDER BY j.id LIMIT 1;

-- name: JOB_MOVES () -> (ss)
SELECT from_state, to_state FROM job_move ORDER BY from_state, to_state;

-- May its author still use the dataset, for this project?
-- name: JOB_STANDING (s) -> (i)
SELECT 1 FROM job j JOIN user u ON u.id = j.author_id JOIN dataset d ON d.id = j.dataset_id
WHERE j.id = ?1 AND u.suspended = 0 AND u.roles & 1 AND NOT d.archived
    AND EXISTS (SELECT 1 FROM dataset_grant g
        WHERE g.dataset_id = d.id AND g.user_id = j.author_id)
    AND EXISTS (SELECT 1 FROM project_member m
        WHERE m.project_id = j.project_id AND m.user_id = j.author_id);

-- Approved work of a dataset, of an author, or of both; NULL: any.
-- name: JOB_APPROVED_NEXT (ss) -> (s)
SELECT id FROM job WHERE state IN ('approved', 'queued', 'running')
    AND (?1 IS NULL OR dataset_id = ?1) AND (?2 IS NULL OR author_id = ?2)
ORDER BY id LIMIT 1;

-- A vote that ends no round is seen in the job all the same.
-- name: JOB_TOUCH (sii) -> (i)
UPDATE job SET revision = revision + 1, changed_us = ?2 WHERE id = ?1 AND revision = ?3
RETURNING revision;
