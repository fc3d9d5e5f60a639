-- What people say about single lines of a job.

-- name: COMMENT_INSERT (ssiissi)
INSERT INTO line_comment (id, job_id, version, line, writer_id, round, text, time_us)
SELECT ?1, ?2, ?3, ?4, ?5, j.round, ?6, ?7 FROM job j WHERE j.id = ?2;

-- name: COMMENT_COUNT (s) -> (i)
SELECT count(*) FROM line_comment WHERE job_id = ?1;

-- ?5: the caller (?4) may see what reviewers wrote in the round at hand.
-- name: COMMENT_LIST (ssisi) -> (siissssiis)
SELECT id, version, line, text, writer_id, writer_name, side, time_us, resolved_us,
    resolver_name
FROM line_comment_view
WHERE job_id = ?1 AND id > ?2 AND (?5 OR NOT this_round OR writer_id IN (?4, author_id))
ORDER BY id LIMIT ?3;

-- name: COMMENT_BY (sssi) -> (siissssiis)
SELECT id, version, line, text, writer_id, writer_name, side, time_us, resolved_us,
    resolver_name
FROM line_comment_view
WHERE job_id = ?1 AND id = ?2 AND (?4 OR NOT this_round OR writer_id IN (?3, author_id));

-- ?2 NULL: it is open again.
-- name: COMMENT_RESOLVE (sis)
UPDATE line_comment SET resolved_us = ?2, resolver_id = ?3 WHERE id = ?1;
