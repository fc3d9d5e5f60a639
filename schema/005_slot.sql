-- Time slots: the end of a run that is released without a human is shown at the end of a
-- slot, so that what its author sees does not tell how long it took.

-- 0: the end is shown when it comes. Slots are counted from started_us.
ALTER TABLE run ADD COLUMN slot_us INTEGER NOT NULL DEFAULT 0 CHECK (slot_us >= 0);
CREATE TRIGGER run_slot_stays BEFORE UPDATE OF slot_us, started_us ON run
BEGIN
    SELECT RAISE(ABORT, 'the slots of a run stay as they were when it began');
END;

-- An end that is not visible yet; its job is still running for all who may not read the
-- ledger. failure_json NULL: the result is stored. Deleted when it is shown, or when the
-- job was ended meanwhile.
CREATE TABLE run_end (
    run_id TEXT PRIMARY KEY REFERENCES run (id),
    job_id TEXT NOT NULL UNIQUE REFERENCES job (id),
    visible_us INTEGER NOT NULL,
    failure_json TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX run_end_visible ON run_end (visible_us);
CREATE TRIGGER run_end_stays BEFORE UPDATE ON run_end
BEGIN
    SELECT RAISE(ABORT, 'the end of a run stays as it was');
END;

CREATE INDEX job_running ON job (dataset_id) WHERE state = 'running';
