-- Comments that only reviewers read.

-- reviewers: the author of the job never learns that it is there.
ALTER TABLE line_comment ADD COLUMN visibility TEXT NOT NULL DEFAULT 'everyone'
    CHECK (visibility IN ('everyone', 'reviewers'));
CREATE TRIGGER line_comment_visibility_stays BEFORE UPDATE OF visibility ON line_comment
BEGIN
    SELECT RAISE(ABORT, 'a comment stays as it was written');
END;
CREATE TRIGGER line_comment_visibility_fits BEFORE INSERT ON line_comment
WHEN NEW.visibility = 'reviewers'
    AND NEW.writer_id = (SELECT author_id FROM job WHERE id = NEW.job_id)
BEGIN
    SELECT RAISE(ABORT, 'an author writes for everyone');
END;

DROP VIEW line_comment_view;
CREATE VIEW line_comment_view AS
SELECT c.id, c.version, c.line, c.text, c.writer_id, u.name AS writer_name,
    CASE WHEN c.writer_id = j.author_id THEN 'author' ELSE 'reviewer' END AS side,
    c.visibility, c.time_us, c.resolved_us, r.name AS resolver_name, c.job_id, j.author_id,
    c.round = j.round AS this_round
FROM line_comment c
    JOIN job j ON j.id = c.job_id
    JOIN user u ON u.id = c.writer_id
    LEFT JOIN user r ON r.id = c.resolver_id;
