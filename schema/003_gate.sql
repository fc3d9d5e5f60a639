-- The first gate: who reviews beside the owner, which votes stand together, and which
-- data versions the vault no longer holds.

-- Every one of them may vote at the first gate of the dataset, as its owner may.
CREATE TABLE dataset_reviewer (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    user_id TEXT NOT NULL REFERENCES user (id),
    added_us INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_reviewer_user ON dataset_reviewer (user_id, dataset_id);

-- A round begins each time a job comes into review: votes of an earlier one count no
-- more.
ALTER TABLE job ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE review ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER job_round_grows AFTER UPDATE OF state ON job
WHEN NEW.state = 'in_review' AND OLD.state <> 'in_review'
BEGIN
    UPDATE job SET round = round + 1 WHERE id = NEW.id;
END;
CREATE TRIGGER review_stays BEFORE UPDATE ON review
BEGIN
    SELECT RAISE(ABORT, 'a vote stays as it was cast');
END;

-- When the vault forgot a loaded version; what is known about it stays.
ALTER TABLE dataset_version ADD COLUMN forgotten_us INTEGER;
