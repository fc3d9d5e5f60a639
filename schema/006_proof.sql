-- Budgets that bind over several datasets, that stand still, and that two people raise;
-- marks on the audit log; letters about what changed.

-- Names of settings are known to datasite/core/settings.c.
CREATE TABLE setting_new (
    name TEXT PRIMARY KEY CHECK (name GLOB '[a-z]*' AND length(name) <= 60),
    value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 200)
) STRICT, WITHOUT ROWID;
INSERT INTO setting_new SELECT name, value FROM setting;
DROP TABLE setting;
ALTER TABLE setting_new RENAME TO setting;

-- The same people stand in several datasets: one more ceiling over what all of them
-- give away. In the accounting that its datasets share; columns as in cap.
CREATE TABLE population (
    id TEXT PRIMARY KEY CHECK (id GLOB 'pop_*'),
    name TEXT NOT NULL UNIQUE CHECK (length(name) >= 1),
    accounting TEXT NOT NULL CHECK (accounting IN ('pure', 'zcdp')),
    epsilon_nano INTEGER NOT NULL,
    delta_atto INTEGER NOT NULL,
    limit_nano INTEGER NOT NULL CHECK (limit_nano >= 0),
    limit_atto INTEGER NOT NULL CHECK (limit_atto >= 0),
    spent_nano INTEGER NOT NULL DEFAULT 0 CHECK (spent_nano >= 0),
    spent_atto INTEGER NOT NULL DEFAULT 0 CHECK (spent_atto >= 0),
    reserved_nano INTEGER NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
    reserved_atto INTEGER NOT NULL DEFAULT 0 CHECK (reserved_atto >= 0),
    revision INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    CHECK (reserved_nano <= limit_nano - spent_nano),
    CHECK (reserved_atto <= limit_atto - spent_atto)
) STRICT, WITHOUT ROWID;

-- A dataset joins for good: what was told about people is not taken back.
CREATE TABLE population_dataset (
    dataset_id TEXT PRIMARY KEY REFERENCES dataset (id),
    population_id TEXT NOT NULL REFERENCES population (id),
    joined_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX population_dataset_by_population
    ON population_dataset (population_id, dataset_id);
CREATE TRIGGER population_dataset_stays BEFORE UPDATE ON population_dataset
BEGIN
    SELECT RAISE(ABORT, 'a dataset stays in its population');
END;
CREATE TRIGGER population_dataset_no_delete BEFORE DELETE ON population_dataset
BEGIN
    SELECT RAISE(ABORT, 'a dataset stays in its population');
END;
CREATE TRIGGER population_of_one_accounting BEFORE INSERT ON population_dataset
WHEN (SELECT accounting FROM dataset WHERE id = NEW.dataset_id)
    <> (SELECT accounting FROM population WHERE id = NEW.population_id)
BEGIN
    SELECT RAISE(ABORT, 'a population has one accounting');
END;

-- While a row stands here, nothing more is set aside or paid for.
CREATE TABLE budget_freeze (
    dataset_id TEXT PRIMARY KEY REFERENCES dataset (id),
    user_id TEXT NOT NULL REFERENCES user (id),
    reason TEXT NOT NULL CHECK (length(reason) >= 1),
    time_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_frozen BEFORE INSERT ON ledger
WHEN NEW.kind IN ('reserve', 'charge') AND EXISTS (
    SELECT 1 FROM budget_freeze f WHERE f.dataset_id = NEW.dataset_id)
BEGIN
    SELECT RAISE(ABORT, 'the budget is frozen');
END;

-- A raise that one administrator asked for and another decides. was_nano: the epsilon
-- that the asker saw; a raise of anything else is not what was asked.
CREATE TABLE budget_raise (
    id TEXT PRIMARY KEY CHECK (id GLOB 'rse_*'),
    dataset_id TEXT REFERENCES dataset (id),
    population_id TEXT REFERENCES population (id),
    was_nano INTEGER NOT NULL,
    epsilon_nano INTEGER NOT NULL CHECK (epsilon_nano > was_nano),
    reason TEXT NOT NULL CHECK (length(reason) >= 1),
    asked_by TEXT NOT NULL REFERENCES user (id),
    asked_us INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'refused')),
    decided_by TEXT REFERENCES user (id) CHECK (decided_by <> asked_by OR state = 'refused'),
    decided_us INTEGER,
    CHECK ((dataset_id IS NULL) <> (population_id IS NULL)),
    CHECK ((state = 'open') = (decided_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TRIGGER budget_raise_decided_once BEFORE UPDATE ON budget_raise
WHEN OLD.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'a raise is decided once');
END;
CREATE TRIGGER budget_raise_no_delete BEFORE DELETE ON budget_raise
BEGIN
    SELECT RAISE(ABORT, 'a raise that was asked for stays on record');
END;

-- The head of the audit log as it was, signed: a log that was rewritten does not meet
-- the marks on it.
CREATE TABLE audit_checkpoint (
    entries INTEGER PRIMARY KEY CHECK (entries >= 1),
    head TEXT NOT NULL CHECK (length(head) = 64),
    time TEXT NOT NULL,
    signature TEXT NOT NULL,
    key TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are not changed');
END;
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are not removed');
END;
CREATE TRIGGER audit_checkpoint_forward BEFORE INSERT ON audit_checkpoint
WHEN NEW.entries <= (SELECT coalesce(max(entries), 0) FROM audit_checkpoint)
BEGIN
    SELECT RAISE(ABORT, 'checkpoints follow one another');
END;

-- Which entry of the audit log an event tells of.
ALTER TABLE event ADD COLUMN audit_seq INTEGER;

-- Up to which event a person has looked at their notices.
CREATE TABLE notice_seen (
    user_id TEXT PRIMARY KEY REFERENCES user (id),
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where letters about events go, and how far they came: the events after after_seq that
-- its person may see are still to be told. next_us: not before then.
CREATE TABLE channel (
    id TEXT PRIMARY KEY CHECK (id GLOB 'whk_*'),
    user_id TEXT NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL CHECK (kind IN ('webhook', 'mail')),
    url TEXT NOT NULL,
    after_seq INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    next_us INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'given_up')),
    last_error TEXT NOT NULL DEFAULT '',
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX channel_mail ON channel (user_id) WHERE kind = 'mail';
CREATE INDEX channel_by_user ON channel (user_id, id);
