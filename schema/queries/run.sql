-- Executions.

-- name: RUN_INSERT (ssisii)
INSERT INTO run (id, job_id, version, review_id, data_version, state, started_us)
VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6);

-- name: RUN_OPEN (si) -> (s)
SELECT id FROM run WHERE job_id = ?1 AND version = ?2 AND state = 'open'
ORDER BY id DESC LIMIT 1;

-- name: RUN_ATTEMPT (s) -> (i)
UPDATE run SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts;

-- name: RUN_BY_ID (s) -> (iiis)
SELECT version, data_version, attempts, state FROM run WHERE id = ?1;

-- name: RUN_DONE (ss)
UPDATE run SET state = 'done', log = ?2 WHERE id = ?1 AND state = 'open';

-- name: RUN_LOG (s) -> (s)
SELECT log FROM run WHERE id = ?1;

-- name: RUNS_OPEN () -> (s)
SELECT x.id FROM run x JOIN job j ON j.id = x.job_id
WHERE x.state = 'open' AND j.state = 'running';

-- In flight for a job that has ended. One that was only queued is not in flight.
-- name: RUNS_ENDED () -> (s)
SELECT x.id FROM run x JOIN job j ON j.id = x.job_id
WHERE x.state = 'open' AND j.state IN ('cancelled', 'revoked', 'withdrawn');
