-- What people say about single lines of a version, and what an author says about a new one.

ALTER TABLE job_version ADD COLUMN note TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 4000);

-- round: that of the job when it was written. While the round lasts, what a reviewer wrote is
-- shown to those who voted in it.
CREATE TABLE line_comment (
    id TEXT PRIMARY KEY CHECK (id GLOB 'cmt_*'),
    job_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    writer_id TEXT NOT NULL REFERENCES user (id),
    round INTEGER NOT NULL,
    text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    time_us INTEGER NOT NULL,
    resolved_us INTEGER,
    resolver_id TEXT REFERENCES user (id),
    FOREIGN KEY (job_id, version) REFERENCES job_version (job_id, version),
    CHECK ((resolved_us IS NULL) = (resolver_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX line_comment_job ON line_comment (job_id, id);
CREATE TRIGGER line_comment_stays
BEFORE UPDATE OF id, job_id, version, line, writer_id, round, text, time_us ON line_comment
BEGIN
    SELECT RAISE(ABORT, 'a comment stays as it was written');
END;
CREATE TRIGGER line_comment_no_delete BEFORE DELETE ON line_comment
BEGIN
    SELECT RAISE(ABORT, 'a comment is resolved, not removed');
END;

-- The comment as struct comment holds it, in its order; then what decides who sees it.
CREATE VIEW line_comment_view AS
SELECT c.id, c.version, c.line, c.text, c.writer_id, u.name AS writer_name,
    CASE WHEN c.writer_id = j.author_id THEN 'author' ELSE 'reviewer' END AS side,
    c.time_us, c.resolved_us, r.name AS resolver_name, c.job_id, j.author_id,
    c.round = j.round AS this_round
FROM line_comment c
    JOIN job j ON j.id = c.job_id
    JOIN user u ON u.id = c.writer_id
    LEFT JOIN user r ON r.id = c.resolver_id;
