-- Coming to a dataset without a grant: owners let researchers know of it, researchers ask.

-- Only a published dataset is shown; the mark is the owner's and outlives unpublishing.
ALTER TABLE dataset ADD COLUMN discoverable INTEGER NOT NULL DEFAULT 0
    CHECK (discoverable IN (0, 1));

DROP VIEW dataset_view;
-- The dataset as struct dataset holds it, in its order.
CREATE VIEW dataset_view AS
SELECT d.id, d.name, d.owner_id, u.name AS owner_name, d.title, d.description,
    d.schema_json, d.policy_name, d.policy_json, d.policy_version, d.accounting,
    c.epsilon_nano, c.delta_atto, d.data_version, v.rows AS data_rows, v.outside, v.sha256,
    d.mock_version, coalesce(m.rows, 0) AS mock_rows, d.published, d.archived, d.revision,
    d.created_us, d.changed_us, d.discoverable
FROM dataset d
    JOIN user u ON u.id = d.owner_id
    LEFT JOIN cap c ON c.dataset_id = d.id AND c.kind = 'dataset'
    LEFT JOIN dataset_version v ON v.dataset_id = d.id AND v.version = d.data_version
    LEFT JOIN mock m ON m.dataset_id = d.id;

-- What was asked stays as it was asked, and ends once.
CREATE TABLE access_request (
    id TEXT PRIMARY KEY CHECK (id GLOB 'acr_*'),
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    user_id TEXT NOT NULL REFERENCES user (id),
    purpose TEXT NOT NULL CHECK (length(purpose) BETWEEN 1 AND 4000),
    asked_us INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'granted', 'refused', 'withdrawn')),
    comment TEXT NOT NULL DEFAULT '' CHECK (state <> 'refused' OR comment <> ''),
    decider_id TEXT REFERENCES user (id),
    decided_us INTEGER,
    CHECK ((state = 'open') = (decided_us IS NULL)),
    CHECK ((decided_us IS NULL) = (decider_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX access_request_open ON access_request (dataset_id, user_id)
WHERE state = 'open';
CREATE INDEX access_request_dataset ON access_request (dataset_id, id);
CREATE INDEX access_request_user ON access_request (user_id, id);
CREATE TRIGGER access_request_stays
BEFORE UPDATE OF id, dataset_id, user_id, purpose, asked_us ON access_request
BEGIN
    SELECT RAISE(ABORT, 'a request stays as it was made');
END;
CREATE TRIGGER access_request_ends_once
BEFORE UPDATE OF state, comment, decider_id, decided_us ON access_request
WHEN OLD.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'a request ends once');
END;
