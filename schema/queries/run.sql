-- Executions.

-- name: RUN_INSERT (ssisiii)
INSERT INTO run (id, job_id, version, review_id, data_version, state, started_us, slot_us)
VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6, ?7);

-- name: RUN_OPEN (sii) -> (s)
SELECT id FROM run WHERE job_id = ?1 AND version = ?2 AND state = 'open' AND slot_us = ?3
ORDER BY id DESC LIMIT 1;

-- name: RUN_ATTEMPT (s) -> (i)
UPDATE run SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts;

-- name: RUN_BY_ID (s) -> (iiiii)
SELECT version, data_version, attempts, started_us, slot_us FROM run WHERE id = ?1;

-- The one that its approval was bound to.
-- name: RUN_RUNTIME (s) -> (s)
SELECT r.runtime FROM run x JOIN review r ON r.id = x.review_id WHERE x.id = ?1;

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

-- Ends that wait for their slot.

-- name: RUN_END_INSERT (ssis)
INSERT INTO run_end (run_id, job_id, visible_us, failure_json) VALUES (?1, ?2, ?3, ?4);

-- name: RUN_END_FIRST () -> (ssis)
SELECT run_id, job_id, visible_us, failure_json FROM run_end
ORDER BY visible_us, run_id LIMIT 1;

-- name: RUN_END_DELETE (s)
DELETE FROM run_end WHERE run_id = ?1;

-- What runs in flight with a slot have charged, which their authors are not to see yet:
-- of a dataset, of a project (?2) or of a researcher in it (?3); '' is any, and NULL for
-- ?1 is any dataset.
-- name: RUN_VEILED (sss) -> (iii)
SELECT coalesce(sum(l.move_spent_nano), 0), coalesce(sum(l.move_spent_atto), 0), count(*)
FROM job j
    JOIN run x ON x.job_id = j.id AND x.version = j.version AND x.slot_us > 0
    JOIN ledger l ON l.job_id = j.id AND l.dataset_id = j.dataset_id AND l.run_id = x.id
        AND l.kind = 'charge'
WHERE j.state = 'running' AND (?1 IS NULL OR j.dataset_id = ?1)
    AND (?2 = '' OR l.project_id = ?2) AND (?3 = '' OR l.user_id = ?3);

-- Has the run a slot, or is another running in one?
-- name: RUN_IN_SLOT (s) -> (i)
SELECT EXISTS (SELECT 1 FROM run WHERE id = ?1 AND slot_us > 0)
    OR EXISTS (SELECT 1 FROM job j
        JOIN run x ON x.job_id = j.id AND x.version = j.version AND x.slot_us > 0
        WHERE j.state = 'running');
