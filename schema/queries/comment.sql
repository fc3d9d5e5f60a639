-- What people say about single lines of a job.

-- name: COMMENT_INSERT (ssiissis)
INSERT INTO line_comment (id, job_id, version, line, writer_id, round, text, time_us,
    visibility)
SELECT ?1, ?2, ?3, ?4, ?5, j.round, ?6, ?7, ?8 FROM job j WHERE j.id = ?2;

-- Each kind by itself: a ceiling over both would tell the author how many of the other
-- there are.
-- name: COMMENT_COUNT (ss) -> (i)
SELECT count(*) FROM line_comment WHERE job_id = ?1 AND visibility = ?2;

-- ?5: the caller (?4) may see what reviewers wrote in the round at hand.
-- name: COMMENT_LIST (ssisi) -> (siisssssiis)
SELECT id, version, line, text, writer_id, writer_name, side, visibility, time_us,
    resolved_us, resolver_name
FROM line_comment_view
WHERE job_id = ?1 AND id > ?2 AND (?5 OR NOT this_round OR writer_id IN (?4, author_id))
    AND (visibility = 'everyone' OR author_id <> ?4)
ORDER BY id LIMIT ?3;

-- name: COMMENT_BY (sssi) -> (siisssssiis)
SELECT id, version, line, text, writer_id, writer_name, side, visibility, time_us,
    resolved_us, resolver_name
FROM line_comment_view
WHERE job_id = ?1 AND id = ?2 AND (?4 OR NOT this_round OR writer_id IN (?3, author_id))
    AND (visibility = 'everyone' OR author_id <> ?3);

-- ?2 NULL: it is open again.
-- name: COMMENT_RESOLVE (sis)
UPDATE line_comment SET resolved_us = ?2, resolver_id = ?3 WHERE id = ?1;
