-- What people are told of: events that an act of the audit log stands behind, with the
-- study, who did it and why. Votes of a round that goes on are nobody's notice, nor is one who
-- steps aside as long as the others are enough; who asks for a dataset is its owner's to
-- know, not its reviewers'.

-- Newest first, before ?2, for person ?1; ?3: an administrator. Not one's own acts.
-- name: NOTICE_LIST (siii) -> (issssssssssi)
SELECT e.seq, e.time, e.kind, e.subject, e.state, d.name, p.title, j.title, u.id, u.name,
    coalesce(json_extract(a.facts, '$.comment'), json_extract(a.facts, '$.reason'),
        json_extract(a.facts, '$.why'), ''),
    e.seq <= coalesce((SELECT s.seq FROM notice_seen s WHERE s.user_id = ?1), 0)
FROM event e
    JOIN audit a ON a.seq = e.audit_seq AND a.time = e.time
        AND a.subject IN (e.subject, e.dataset_id) AND a.verb <> 'job.vote'
        AND (a.verb <> 'job.abstain' OR e.kind = 'job.review')
    LEFT JOIN job j ON j.id = e.subject
    LEFT JOIN project p ON p.id = coalesce(j.project_id, e.subject)
    LEFT JOIN dataset d ON d.id = e.dataset_id
    LEFT JOIN user u ON u.id = a.actor
WHERE e.seq < ?2 AND a.actor <> ?1 AND (e.user_id = ?1 OR d.owner_id = ?1
    OR e.kind <> 'dataset.access' AND EXISTS (SELECT 1 FROM dataset_reviewer w
        WHERE w.dataset_id = e.dataset_id AND w.user_id = ?1)
    OR (?3 AND e.kind IN ('raise.state', 'population.budget')))
ORDER BY e.seq DESC LIMIT ?4;

-- The next one after ?2; ?4: of all events, as an administrator sees them; ?5: also
-- one's own acts.
-- name: NOTICE_NEXT (siiii) -> (issssssssssi)
SELECT e.seq, e.time, e.kind, e.subject, e.state, d.name, p.title, j.title, u.id, u.name,
    coalesce(json_extract(a.facts, '$.comment'), json_extract(a.facts, '$.reason'),
        json_extract(a.facts, '$.why'), ''), 0
FROM event e
    JOIN audit a ON a.seq = e.audit_seq AND a.time = e.time
        AND a.subject IN (e.subject, e.dataset_id) AND a.verb <> 'job.vote'
        AND (a.verb <> 'job.abstain' OR e.kind = 'job.review')
    LEFT JOIN job j ON j.id = e.subject
    LEFT JOIN project p ON p.id = coalesce(j.project_id, e.subject)
    LEFT JOIN dataset d ON d.id = e.dataset_id
    LEFT JOIN user u ON u.id = a.actor
WHERE e.seq > ?2 AND (?5 OR a.actor <> ?1) AND (?4 OR e.user_id = ?1 OR d.owner_id = ?1
    OR e.kind <> 'dataset.access' AND EXISTS (SELECT 1 FROM dataset_reviewer w
        WHERE w.dataset_id = e.dataset_id AND w.user_id = ?1)
    OR (?3 AND e.kind IN ('raise.state', 'population.budget')))
ORDER BY e.seq LIMIT 1;

-- name: NOTICE_SEEN (si)
INSERT INTO notice_seen (user_id, seq) VALUES (?1, ?2)
ON CONFLICT (user_id) DO UPDATE SET seq = max(seq, excluded.seq);
