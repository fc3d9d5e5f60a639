-- The book and the caps. Rows are only ever added; caps move with them.

-- name: LEDGER_LAST (s) -> (is)
SELECT coalesce(max(seq), 0), coalesce((SELECT hash FROM ledger l
    WHERE l.dataset_id = ?1 ORDER BY l.seq DESC LIMIT 1), '')
FROM ledger WHERE dataset_id = ?1;

-- name: LEDGER_INSERT (siisssssssssiiiiiiiiis)
INSERT INTO ledger (dataset_id, seq, time_us, kind, scope, project_id, user_id, job_id,
    run_id, measurement, label, mechanism, price_eps_nano, price_rho_nano, price_delta_atto,
    move_limit_nano, move_limit_atto, move_reserved_nano, move_reserved_atto,
    move_spent_nano, move_spent_atto, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
    ?19, ?20, ?21, ?22);

-- name: LEDGER_LIST (sii) -> (iisssssssssiiiiiiiiis)
SELECT seq, time_us, kind, scope, project_id, user_id, job_id, run_id, measurement, label,
    mechanism, price_eps_nano, price_rho_nano, price_delta_atto, move_limit_nano,
    move_limit_atto, move_reserved_nano, move_reserved_atto, move_spent_nano,
    move_spent_atto, hash
FROM ledger WHERE dataset_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3;

-- Has the job a reservation that no settlement has closed?
-- name: LEDGER_JOB_OPEN (ss) -> (i)
SELECT coalesce((SELECT kind <> 'settle' FROM ledger WHERE job_id = ?2 AND dataset_id = ?1
    ORDER BY seq DESC LIMIT 1), 0);

-- How far the dataset's budget was used after each row, or (?3) after the last of each day.
-- name: LEDGER_POINTS (siii) -> (iiiiiii)
WITH running AS (
    SELECT seq, time_us,
        (SELECT l.price_eps_nano FROM ledger l WHERE l.dataset_id = ?1
            AND l.scope = 'dataset' AND l.seq <= r.seq ORDER BY l.seq DESC LIMIT 1) AS eps,
        sum(move_spent_nano) OVER so_far AS sn, sum(move_spent_atto) OVER so_far AS sa,
        sum(move_reserved_nano) OVER so_far AS rn,
        sum(move_reserved_atto) OVER so_far AS ra,
        lead(time_us / 86400000000) OVER so_far IS NOT time_us / 86400000000 AS day_ends
    FROM ledger r WHERE dataset_id = ?1 WINDOW so_far AS (ORDER BY seq))
SELECT seq, time_us, eps, sn, sa, rn, ra FROM running
WHERE seq > ?2 AND (NOT ?3 OR day_ends) ORDER BY seq LIMIT ?4;

-- name: CAP_ENSURE (ssssiii)
INSERT OR IGNORE INTO cap (dataset_id, kind, project_id, user_id, job_id, epsilon_nano,
    delta_atto, limit_nano, limit_atto)
VALUES (?1, ?2, ?3, ?4, '', ?5, 0, ?6, ?7);

-- name: CAP_ENSURE_JOB (ssss)
INSERT OR IGNORE INTO cap (dataset_id, kind, project_id, user_id, job_id, epsilon_nano,
    delta_atto, limit_nano, limit_atto)
VALUES (?1, 'job', ?2, ?3, ?4, 0, 0, 0, 0);

-- name: CAP_GET (sssss) -> (iiiiiiii)
SELECT limit_nano, spent_nano, reserved_nano, limit_atto, spent_atto, reserved_atto,
    epsilon_nano, delta_atto
FROM cap WHERE dataset_id = ?1 AND kind = ?2 AND project_id = ?3 AND user_id = ?4
    AND job_id = ?5;

-- name: CAP_SET_LIMIT (ssssiiii)
UPDATE cap SET epsilon_nano = ?5, delta_atto = ?6, limit_nano = ?7, limit_atto = ?8
WHERE dataset_id = ?1 AND kind = ?2 AND project_id = ?3 AND user_id = ?4 AND job_id = '';

-- All four caps of a job at once; the caller checks that four rows moved.
-- name: CAP_MOVE (ssssiiiiii)
UPDATE cap SET
    limit_nano = limit_nano + CASE kind WHEN 'job' THEN ?5 ELSE 0 END,
    limit_atto = limit_atto + CASE kind WHEN 'job' THEN ?6 ELSE 0 END,
    reserved_nano = reserved_nano + ?7, reserved_atto = reserved_atto + ?8,
    spent_nano = spent_nano + ?9, spent_atto = spent_atto + ?10
WHERE dataset_id = ?1 AND (kind = 'dataset'
    OR (kind = 'project' AND project_id = ?2)
    OR (kind = 'researcher' AND project_id = ?2 AND user_id = ?3)
    OR (kind = 'job' AND project_id = ?2 AND user_id = ?3 AND job_id = ?4));

-- Caps of a researcher on a dataset: the projects, with what is left in each.
-- name: CAP_PROJECTS_OF (ss) -> (s)
SELECT x.project_id FROM project_dataset x
    JOIN project_member m ON m.project_id = x.project_id AND m.user_id = ?2
WHERE x.dataset_id = ?1 ORDER BY x.project_id;

-- Caps of projects and of researchers in them, with what was used, from past ?2.
-- name: CAP_SHARES (ssi) -> (ssssiiiiii)
SELECT c.project_id, p.title, nullif(c.user_id, ''), u.name, c.epsilon_nano, c.delta_atto,
    c.spent_nano, c.spent_atto, c.reserved_nano, c.reserved_atto
FROM cap c JOIN project p ON p.id = c.project_id LEFT JOIN user u ON u.id = c.user_id
WHERE c.dataset_id = ?1 AND c.kind IN ('project', 'researcher')
    AND c.project_id || c.user_id > ?2
ORDER BY c.project_id, c.user_id LIMIT ?3;

-- name: MEASUREMENT_GET (siis) -> (ss)
SELECT 'charged', answer FROM measurement
WHERE job_id = ?1 AND version = ?2 AND data_version = ?3 AND digest = ?4;

-- name: MEASUREMENT_INSERT (siisissi)
INSERT INTO measurement (job_id, version, data_version, digest, seq, error95, plan_json,
    exact)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: MEASUREMENT_KEEP (siiss)
UPDATE measurement SET answer = ?5
WHERE job_id = ?1 AND version = ?2 AND data_version = ?3 AND digest = ?4
    AND answer IS NULL;

-- The caps as the book says, against the caps as kept: the first that differs.
-- name: LEDGER_CAP_WRONG (s) -> (s)
WITH book (kind, project_id, user_id, job_id, ln, la, rn, ra, sn, sa) AS (
    SELECT 'dataset', '', '', '',
        sum(iif(scope = 'dataset', move_limit_nano, 0)),
        sum(iif(scope = 'dataset', move_limit_atto, 0)),
        sum(move_reserved_nano), sum(move_reserved_atto),
        sum(move_spent_nano), sum(move_spent_atto)
    FROM ledger WHERE dataset_id = ?1
    UNION ALL
    SELECT 'project', project_id, '', '',
        iif(sum(scope = 'project'), sum(iif(scope = 'project', move_limit_nano, 0)),
            9223372036854775807),
        iif(sum(scope = 'project'), sum(iif(scope = 'project', move_limit_atto, 0)),
            9223372036854775807),
        sum(move_reserved_nano), sum(move_reserved_atto),
        sum(move_spent_nano), sum(move_spent_atto)
    FROM ledger WHERE dataset_id = ?1 AND project_id <> '' GROUP BY project_id
    UNION ALL
    SELECT 'researcher', project_id, user_id, '',
        iif(sum(scope = 'researcher'), sum(iif(scope = 'researcher', move_limit_nano, 0)),
            9223372036854775807),
        iif(sum(scope = 'researcher'), sum(iif(scope = 'researcher', move_limit_atto, 0)),
            9223372036854775807),
        sum(move_reserved_nano), sum(move_reserved_atto),
        sum(move_spent_nano), sum(move_spent_atto)
    FROM ledger WHERE dataset_id = ?1 AND user_id <> '' GROUP BY project_id, user_id
    UNION ALL
    SELECT 'job', project_id, user_id, job_id, sum(move_limit_nano), sum(move_limit_atto),
        sum(move_reserved_nano), sum(move_reserved_atto),
        sum(move_spent_nano), sum(move_spent_atto)
    FROM ledger WHERE dataset_id = ?1 AND job_id <> '' GROUP BY project_id, user_id, job_id),
kept AS (
    SELECT kind, project_id, user_id, job_id, limit_nano, limit_atto, reserved_nano,
        reserved_atto, spent_nano, spent_atto
    FROM cap WHERE dataset_id = ?1)
SELECT rtrim(kind || ' ' || project_id || ' ' || user_id || ' ' || job_id) FROM (
    SELECT * FROM (SELECT * FROM book EXCEPT SELECT * FROM kept)
    UNION
    SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM book))
LIMIT 1;

-- Rows without an audit entry that carries their hash, and entries without a row.
-- name: LEDGER_AUDIT_WRONG (s) -> (s)
SELECT hash FROM (
    SELECT hash FROM (SELECT hash FROM ledger WHERE dataset_id = ?1
        EXCEPT SELECT json_extract(facts, '$.hash') FROM audit
            WHERE subject = ?1 AND verb GLOB 'budget.*')
    UNION
    SELECT hash FROM (SELECT json_extract(facts, '$.hash') AS hash FROM audit
            WHERE subject = ?1 AND verb GLOB 'budget.*'
        EXCEPT SELECT hash FROM ledger WHERE dataset_id = ?1))
LIMIT 1;

-- A charge has its measurement and a measurement its charge.
-- name: LEDGER_MEASUREMENT_WRONG (s) -> (i)
SELECT seq FROM (
    SELECT seq FROM (SELECT seq FROM ledger WHERE dataset_id = ?1 AND kind = 'charge'
        EXCEPT SELECT m.seq FROM measurement m JOIN job j ON j.id = m.job_id
            WHERE j.dataset_id = ?1)
    UNION
    SELECT seq FROM (SELECT m.seq FROM measurement m JOIN job j ON j.id = m.job_id
            WHERE j.dataset_id = ?1
        EXCEPT SELECT seq FROM ledger WHERE dataset_id = ?1 AND kind = 'charge'))
LIMIT 1;
