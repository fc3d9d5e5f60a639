-- Templates: sources with holes that reviewers sign beforehand. A job that fills one within
-- its bounds has their votes, cast by the server.
CREATE TABLE template (
    id TEXT PRIMARY KEY CHECK (id GLOB 'tpl_*'),
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    lane TEXT NOT NULL CHECK (lane IN ('dp', 'exact', 'rows')),
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL CHECK (length(source_sha256) = 64),
    parameters_json TEXT NOT NULL,
    max_epsilon_nano INTEGER NOT NULL CHECK (max_epsilon_nano > 0),
    policy_version INTEGER NOT NULL, -- the one that it was made under, and counts under
    maker_id TEXT NOT NULL REFERENCES user (id),
    made_us INTEGER NOT NULL,
    ended_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX template_dataset ON template (dataset_id, id);
CREATE TRIGGER template_stays
BEFORE UPDATE OF id, dataset_id, name, lane, source, source_sha256, parameters_json,
    max_epsilon_nano, policy_version, maker_id, made_us ON template
BEGIN
    SELECT RAISE(ABORT, 'a template stays as it was signed');
END;
CREATE TRIGGER template_ends_once BEFORE UPDATE OF ended_us ON template
WHEN OLD.ended_us IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a template that ended does not come back');
END;

CREATE TABLE template_signature (
    template_id TEXT NOT NULL REFERENCES template (id),
    user_id TEXT NOT NULL REFERENCES user (id),
    signed_us INTEGER NOT NULL,
    PRIMARY KEY (template_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER template_signature_stays BEFORE UPDATE ON template_signature
BEGIN
    SELECT RAISE(ABORT, 'a signature stays as it was given');
END;

-- The template that a vote was cast by; null: the person cast it.
ALTER TABLE review ADD COLUMN template_id TEXT REFERENCES template (id);
