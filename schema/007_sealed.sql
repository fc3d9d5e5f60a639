-- What the rules of disclosure control saw of an exact result, for the server alone: sealed
-- with the site's key, so that the database without the key folder tells nothing of it.
CREATE TABLE result_evidence (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER result_evidence_stays BEFORE UPDATE ON result_evidence
BEGIN
    SELECT RAISE(ABORT, 'evidence stays as it was computed');
END;
