-- Every policy that was in force, so that what was decided under one can be read again.
CREATE TABLE policy_version (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    name TEXT NOT NULL,
    policy_json TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, version)
) STRICT, WITHOUT ROWID;
INSERT INTO policy_version (dataset_id, version, name, policy_json, since_us)
SELECT id, policy_version, policy_name, policy_json, changed_us FROM dataset;

CREATE TRIGGER policy_begins AFTER INSERT ON dataset
BEGIN
    INSERT INTO policy_version (dataset_id, version, name, policy_json, since_us)
    VALUES (NEW.id, NEW.policy_version, NEW.policy_name, NEW.policy_json, NEW.created_us);
END;
CREATE TRIGGER policy_changes AFTER UPDATE OF policy_version ON dataset
WHEN NEW.policy_version <> OLD.policy_version
BEGIN
    INSERT INTO policy_version (dataset_id, version, name, policy_json, since_us)
    VALUES (NEW.id, NEW.policy_version, NEW.policy_name, NEW.policy_json, NEW.changed_us);
END;
CREATE TRIGGER policy_version_stays BEFORE UPDATE ON policy_version
BEGIN
    SELECT RAISE(ABORT, 'a policy that was in force stays on record');
END;
CREATE TRIGGER policy_version_no_delete BEFORE DELETE ON policy_version
BEGIN
    SELECT RAISE(ABORT, 'a policy that was in force stays on record');
END;
