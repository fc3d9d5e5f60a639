-- The outbox.

-- name: EVENT_INSERT (ssssss) -> (i)
INSERT INTO event (time, kind, subject, dataset_id, user_id, state, audit_seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT seq FROM audit_head)) RETURNING seq;

-- name: EVENT_PRUNE (i)
DELETE FROM event WHERE seq <= ?1;

-- name: EVENT_LATEST () -> (i)
SELECT coalesce(max(seq), 0) FROM event;

-- name: EVENT_SINCE (isii) -> (issss)
SELECT e.seq, e.time, e.kind, e.subject, e.state FROM event e
WHERE e.seq > ?1 AND (?3 OR e.user_id = ?2
    OR EXISTS (SELECT 1 FROM dataset d WHERE d.id = e.dataset_id AND d.owner_id = ?2)
    OR e.kind <> 'dataset.access' AND EXISTS (SELECT 1 FROM dataset_reviewer w
        WHERE w.dataset_id = e.dataset_id AND w.user_id = ?2))
ORDER BY e.seq LIMIT ?4;
