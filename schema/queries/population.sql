-- Populations: one ceiling over several datasets.

-- name: POPULATION_INSERT (sssiiiii)
INSERT INTO population (id, name, accounting, epsilon_nano, delta_atto, limit_nano,
    limit_atto, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: POPULATION_BY_ID (s) -> (sssiiiiiiiiii)
SELECT id, name, accounting, epsilon_nano, delta_atto, limit_nano, spent_nano,
    reserved_nano, limit_atto, spent_atto, reserved_atto, revision, created_us
FROM population WHERE id = ?1;

-- name: POPULATION_OF (s) -> (s)
SELECT population_id FROM population_dataset WHERE dataset_id = ?1;

-- name: POPULATION_LIST (si) -> (sssiiiiiiiiii)
SELECT id, name, accounting, epsilon_nano, delta_atto, limit_nano, spent_nano,
    reserved_nano, limit_atto, spent_atto, reserved_atto, revision, created_us
FROM population WHERE id > ?1 ORDER BY id LIMIT ?2;

-- name: POPULATION_DATASETS (s) -> (s)
SELECT d.name FROM population_dataset x JOIN dataset d ON d.id = x.dataset_id
WHERE x.population_id = ?1 ORDER BY d.name;

-- name: POPULATION_LIMIT_SET (siii)
UPDATE population SET epsilon_nano = ?2, limit_nano = ?3, limit_atto = ?4,
    revision = revision + 1
WHERE id = ?1;

-- name: POPULATION_JOIN (ssi)
INSERT INTO population_dataset (dataset_id, population_id, joined_us) VALUES (?1, ?2, ?3);

-- The cap over a dataset, as CAP_GET gives the others.
-- name: POPULATION_CAP (s) -> (iiiiiiii)
SELECT p.limit_nano, p.spent_nano, p.reserved_nano, p.limit_atto, p.spent_atto,
    p.reserved_atto, p.epsilon_nano, p.delta_atto
FROM population_dataset x JOIN population p ON p.id = x.population_id
WHERE x.dataset_id = ?1;

-- What moves a dataset's cap moves its population's.
-- name: POPULATION_MOVE (siiii)
UPDATE population SET reserved_nano = reserved_nano + ?2,
    reserved_atto = reserved_atto + ?3, spent_nano = spent_nano + ?4,
    spent_atto = spent_atto + ?5, revision = revision + 1
WHERE id = (SELECT population_id FROM population_dataset WHERE dataset_id = ?1);

-- One whose use is not the sum of what its datasets use.
-- name: POPULATION_WRONG () -> (s)
SELECT p.name FROM population p
    LEFT JOIN population_dataset x ON x.population_id = p.id
    LEFT JOIN cap c ON c.dataset_id = x.dataset_id AND c.kind = 'dataset'
GROUP BY p.id
HAVING p.spent_nano <> coalesce(sum(c.spent_nano), 0)
    OR p.spent_atto <> coalesce(sum(c.spent_atto), 0)
    OR p.reserved_nano <> coalesce(sum(c.reserved_nano), 0)
    OR p.reserved_atto <> coalesce(sum(c.reserved_atto), 0)
ORDER BY p.name LIMIT 1;
