-- Budgets that stand still, and raises that wait for a second administrator.

-- name: BUDGET_IS_FROZEN (s) -> (i)
SELECT EXISTS (SELECT 1 FROM budget_freeze WHERE dataset_id = ?1);

-- name: BUDGET_FREEZE_GET (s) -> (si)
SELECT reason, time_us FROM budget_freeze WHERE dataset_id = ?1;

-- name: BUDGET_FREEZE_PUT (sssi)
INSERT INTO budget_freeze (dataset_id, user_id, reason, time_us) VALUES (?1, ?2, ?3, ?4);

-- name: BUDGET_FREEZE_DELETE (s)
DELETE FROM budget_freeze WHERE dataset_id = ?1;

-- name: RAISE_INSERT (sssiissi)
INSERT INTO budget_raise (id, dataset_id, population_id, was_nano, epsilon_nano, reason,
    asked_by, asked_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: RAISE_BY_ID (s) -> (sssssiisssisssi)
SELECT r.id, r.dataset_id, d.name, r.population_id, p.name, r.was_nano, r.epsilon_nano,
    r.reason, r.asked_by, a.name, r.asked_us, r.state, r.decided_by, b.name, r.decided_us
FROM budget_raise r JOIN user a ON a.id = r.asked_by
    LEFT JOIN user b ON b.id = r.decided_by LEFT JOIN dataset d ON d.id = r.dataset_id
    LEFT JOIN population p ON p.id = r.population_id
WHERE r.id = ?1;

-- Newest first.
-- name: RAISE_LIST (si) -> (sssssiisssisssi)
SELECT r.id, r.dataset_id, d.name, r.population_id, p.name, r.was_nano, r.epsilon_nano,
    r.reason, r.asked_by, a.name, r.asked_us, r.state, r.decided_by, b.name, r.decided_us
FROM budget_raise r JOIN user a ON a.id = r.asked_by
    LEFT JOIN user b ON b.id = r.decided_by LEFT JOIN dataset d ON d.id = r.dataset_id
    LEFT JOIN population p ON p.id = r.population_id
WHERE ?1 IS NULL OR r.id < ?1 ORDER BY r.id DESC LIMIT ?2;

-- name: RAISE_DECIDE (sssi)
UPDATE budget_raise SET state = ?2, decided_by = ?3, decided_us = ?4
WHERE id = ?1 AND state = 'open';
