-- The catalogue, and requests for a grant.

-- What researcher ?1 may know of, by name after ?3, with its newest request; ?2 NULL: all.
-- name: CATALOGUE_LIST (sssi) -> (sssssiss)
SELECT d.name, d.title, d.description, d.owner_id, u.name,
    EXISTS (SELECT 1 FROM dataset_grant g WHERE g.dataset_id = d.id AND g.user_id = ?1),
    r.id, r.state
FROM dataset d
    JOIN user u ON u.id = d.owner_id
    LEFT JOIN access_request r ON r.id = (SELECT max(x.id) FROM access_request x
        WHERE x.dataset_id = d.id AND x.user_id = ?1)
WHERE d.discoverable AND d.published AND NOT d.archived
    AND (?2 IS NULL OR d.name = ?2) AND d.name > ?3
ORDER BY d.name LIMIT ?4;

-- name: ACCESS_INSERT (ssssi)
INSERT INTO access_request (id, dataset_id, user_id, purpose, asked_us)
VALUES (?1, ?2, ?3, ?4, ?5);

-- Those of ?1, those about its datasets, or all (?2): of dataset ?3, in state ?4, the one
-- ?5 (NULL: any), after ?6.
-- name: ACCESS_LIST (sissssi) -> (sssssssissssi)
SELECT r.id, r.dataset_id, d.name, r.user_id, u.name, u.email, r.purpose, r.asked_us,
    r.state, r.comment, r.decider_id, p.name, r.decided_us
FROM access_request r
    JOIN dataset d ON d.id = r.dataset_id
    JOIN user u ON u.id = r.user_id
    LEFT JOIN user p ON p.id = r.decider_id
WHERE (?2 OR r.user_id = ?1 OR d.owner_id = ?1) AND (?3 IS NULL OR d.name = ?3)
    AND (?4 IS NULL OR r.state = ?4) AND (?5 IS NULL OR r.id = ?5) AND r.id > ?6
ORDER BY r.id LIMIT ?7;

-- How many a person made for a dataset, and the one that is open.
-- name: ACCESS_COUNT (ss) -> (is)
SELECT count(*), max(CASE state WHEN 'open' THEN id END) FROM access_request
WHERE dataset_id = ?1 AND user_id = ?2;

-- name: ACCESS_OPEN_NEXT (s) -> (s)
SELECT id FROM access_request WHERE dataset_id = ?1 AND state = 'open' ORDER BY id LIMIT 1;

-- name: ACCESS_END (ssssi)
UPDATE access_request SET state = ?2, comment = ?3, decider_id = ?4, decided_us = ?5
WHERE id = ?1;
