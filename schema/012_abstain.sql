-- A reviewer may step aside: a decision that counts neither for nor against.

-- The table is made anew, because the list of decisions stands in its CHECK. Runs refer to
-- its rows, which are back before the transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE review_kept AS SELECT * FROM review;
DROP TABLE review;
CREATE TABLE review (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    reviewer_id TEXT NOT NULL REFERENCES user (id),
    decision TEXT NOT NULL
        CHECK (decision IN ('approve', 'request_changes', 'reject', 'abstain')),
    comment TEXT NOT NULL,
    checklist_json TEXT,
    source_sha256 TEXT NOT NULL,
    data_version INTEGER NOT NULL,
    policy_version INTEGER NOT NULL,
    runtime TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 0,
    template_id TEXT REFERENCES template (id),
    CHECK (decision <> 'abstain' OR (comment <> '' AND template_id IS NULL)),
    FOREIGN KEY (job_id, version) REFERENCES job_version (job_id, version)
) STRICT;
INSERT INTO review (id, job_id, version, reviewer_id, decision, comment, checklist_json,
    source_sha256, data_version, policy_version, runtime, time_us, round, template_id)
SELECT id, job_id, version, reviewer_id, decision, comment, checklist_json, source_sha256,
    data_version, policy_version, runtime, time_us, round, template_id
FROM review_kept;
DROP TABLE review_kept;
CREATE INDEX review_job ON review (job_id, id);
CREATE TRIGGER review_stays BEFORE UPDATE ON review
BEGIN
    SELECT RAISE(ABORT, 'a vote stays as it was cast');
END;
