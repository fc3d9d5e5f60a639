-- The hash chain: written at its end, read from anywhere.

-- name: AUDIT_INSERT (issssss)
INSERT INTO audit (seq, time, actor, verb, subject, facts, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: AUDIT_HEAD () -> (is)
SELECT seq, hash FROM audit_head WHERE one = 1;

-- name: AUDIT_HEAD_PUT (is)
INSERT INTO audit_head (one, seq, hash) VALUES (1, ?1, ?2)
ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;

-- name: AUDIT_HASH_AT (i) -> (s)
SELECT hash FROM audit WHERE seq = ?1;

-- name: CHECKPOINT_INSERT (issss)
INSERT INTO audit_checkpoint (entries, head, time, signature, key)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: CHECKPOINT_NEWEST () -> (issss)
SELECT entries, head, time, signature, key FROM audit_checkpoint
ORDER BY entries DESC LIMIT 1;

-- name: CHECKPOINT_COUNT () -> (i)
SELECT count(*) FROM audit_checkpoint;

-- name: CHECKPOINT_LIST (ii) -> (issss)
SELECT entries, head, time, signature, key FROM audit_checkpoint
WHERE entries > ?1 ORDER BY entries LIMIT ?2;

-- name: AUDIT_LIST (isssi) -> (isssssss)
SELECT a.seq, a.time, a.actor, a.verb, a.subject, a.facts, coalesce(p.hash, ''), a.hash
FROM audit a LEFT JOIN audit p ON p.seq = a.seq - 1
WHERE a.seq > ?1 AND (?2 IS NULL OR a.verb = ?2 OR (substr(?2, -1) = '.'
        AND substr(a.verb, 1, length(?2)) = ?2))
    AND (?3 IS NULL OR a.actor = ?3) AND (?4 IS NULL OR a.subject = ?4)
ORDER BY a.seq LIMIT ?5;

-- name: AUDIT_LIST_NEWEST (isssi) -> (isssssss)
SELECT a.seq, a.time, a.actor, a.verb, a.subject, a.facts, coalesce(p.hash, ''), a.hash
FROM audit a LEFT JOIN audit p ON p.seq = a.seq - 1
WHERE (?1 = 0 OR a.seq < ?1) AND (?2 IS NULL OR a.verb = ?2 OR (substr(?2, -1) = '.'
        AND substr(a.verb, 1, length(?2)) = ?2))
    AND (?3 IS NULL OR a.actor = ?3) AND (?4 IS NULL OR a.subject = ?4)
ORDER BY a.seq DESC LIMIT ?5;
