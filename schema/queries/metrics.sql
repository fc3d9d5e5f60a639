-- Figures for /metrics, which anybody may read: nothing that depends on private data.

-- Jobs by where they are. How a run ended may depend on data in the lanes that see them:
-- what has run counts as ended, whatever came of it.
-- name: METRICS_JOBS () -> (si)
SELECT iif(state IN ('checking', 'blocked', 'in_review', 'changes_requested', 'approved',
    'queued', 'running'), state, 'ended') AS place, count(*)
FROM job GROUP BY place ORDER BY place;

-- Runs that a budget stopped, in the lane whose answers may be known.
-- name: METRICS_REFUSALS () -> (i)
SELECT count(*) FROM job WHERE state = 'failed' AND lane = 'dp'
    AND json_extract(failure_json, '$.kind') = 'budget';
