-- Datasets, their budgets, and the jobs that ask about them. No row of this file ever
-- holds a private value: those live in vault.db, which this program does not open.

-- What an owner declares. data_version and mock_version count from 1; 0 is "none yet".
CREATE TABLE dataset (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner_id TEXT NOT NULL REFERENCES user (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    schema_json TEXT NOT NULL,
    accounting TEXT NOT NULL CHECK (accounting IN ('pure', 'zcdp')),
    policy_name TEXT NOT NULL,
    policy_json TEXT NOT NULL,
    policy_version INTEGER NOT NULL CHECK (policy_version >= 1),
    data_version INTEGER NOT NULL DEFAULT 0,
    mock_version INTEGER NOT NULL DEFAULT 0,
    published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    archived INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL
) STRICT;
CREATE INDEX dataset_owner ON dataset (owner_id, name);

-- A number is given out before a byte is loaded. Only a loaded version can be in force.
-- rows, outside and sha256 are the owner's to know; salt makes the commitment that
-- others see.
CREATE TABLE dataset_version (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    state TEXT NOT NULL CHECK (state IN ('loading', 'loaded', 'abandoned')),
    rows INTEGER,
    outside INTEGER,
    sha256 TEXT,
    salt TEXT NOT NULL,
    begun_us INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, version)
) STRICT, WITHOUT ROWID;

-- The mock in force: public by the owner's decision.
CREATE TABLE mock (
    dataset_id TEXT PRIMARY KEY REFERENCES dataset (id),
    version INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('uploaded', 'generated')),
    rows INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    csv BLOB NOT NULL
) STRICT;

CREATE TABLE dataset_grant (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    user_id TEXT NOT NULL REFERENCES user (id),
    granted_us INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, user_id)
) STRICT, WITHOUT ROWID;

-- Ceilings and what is used of them, in the dataset's accounting: nano of epsilon
-- (pure) or of rho (zcdp), atto of delta. Sums of the ledger's rows, kept beside them.
-- 9223372036854775807 is "no ceiling of its own". epsilon_nano is what was declared.
CREATE TABLE cap (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    kind TEXT NOT NULL CHECK (kind IN ('dataset', 'project', 'researcher', 'job')),
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    epsilon_nano INTEGER NOT NULL,
    delta_atto INTEGER NOT NULL,
    limit_nano INTEGER NOT NULL CHECK (limit_nano >= 0),
    limit_atto INTEGER NOT NULL CHECK (limit_atto >= 0),
    spent_nano INTEGER NOT NULL DEFAULT 0 CHECK (spent_nano >= 0),
    spent_atto INTEGER NOT NULL DEFAULT 0 CHECK (spent_atto >= 0),
    reserved_nano INTEGER NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
    reserved_atto INTEGER NOT NULL DEFAULT 0 CHECK (reserved_atto >= 0),
    PRIMARY KEY (dataset_id, kind, project_id, user_id, job_id),
    CHECK (reserved_nano <= limit_nano - spent_nano),
    CHECK (reserved_atto <= limit_atto - spent_atto)
) STRICT, WITHOUT ROWID;

-- The book. price_* are what is shown; move_* what the row does to the caps of its
-- scope. hash chains the rows of one dataset.
CREATE TABLE ledger (
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    time_us INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'reserve', 'charge', 'settle', 'adjust')),
    scope TEXT NOT NULL CHECK (scope IN ('dataset', 'project', 'researcher', 'job')),
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    measurement TEXT NOT NULL,
    label TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    price_eps_nano INTEGER NOT NULL,
    price_rho_nano INTEGER NOT NULL,
    price_delta_atto INTEGER NOT NULL,
    move_limit_nano INTEGER NOT NULL,
    move_limit_atto INTEGER NOT NULL,
    move_reserved_nano INTEGER NOT NULL,
    move_reserved_atto INTEGER NOT NULL,
    move_spent_nano INTEGER NOT NULL,
    move_spent_atto INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (dataset_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_job ON ledger (job_id, dataset_id);

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- The moves of job_moves.def; a unit test compares.
CREATE TABLE job_move (
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    PRIMARY KEY (from_state, to_state)
) STRICT, WITHOUT ROWID;
INSERT INTO job_move (from_state, to_state) VALUES
    ('checking', 'in_review'),
    ('checking', 'blocked'),
    ('checking', 'withdrawn'),
    ('blocked', 'checking'),
    ('blocked', 'withdrawn'),
    ('in_review', 'approved'),
    ('in_review', 'changes_requested'),
    ('in_review', 'rejected'),
    ('in_review', 'checking'),
    ('in_review', 'withdrawn'),
    ('in_review', 'expired'),
    ('changes_requested', 'checking'),
    ('changes_requested', 'withdrawn'),
    ('approved', 'queued'),
    ('approved', 'in_review'),
    ('approved', 'withdrawn'),
    ('approved', 'cancelled'),
    ('approved', 'revoked'),
    ('approved', 'expired'),
    ('queued', 'running'),
    ('queued', 'in_review'),
    ('queued', 'withdrawn'),
    ('queued', 'cancelled'),
    ('queued', 'revoked'),
    ('running', 'queued'),
    ('running', 'held'),
    ('running', 'released'),
    ('running', 'failed'),
    ('running', 'cancelled'),
    ('running', 'revoked'),
    ('held', 'released'),
    ('held', 'withheld'),
    ('held', 'revoked'),
    ('failed', 'checking'),
    ('failed', 'withdrawn');

-- claimed: a queue thread works on it; cleared at start. failure_json is the whole
-- truth about a failure; what the author sees of it is decided where it is shown.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES project (id),
    dataset_id TEXT NOT NULL REFERENCES dataset (id),
    author_id TEXT NOT NULL REFERENCES user (id),
    title TEXT NOT NULL,
    question TEXT NOT NULL,
    lane TEXT NOT NULL CHECK (lane IN ('dp', 'exact', 'rows')),
    max_epsilon_nano INTEGER NOT NULL CHECK (max_epsilon_nano > 0),
    max_delta_atto INTEGER NOT NULL CHECK (max_delta_atto >= -1),
    outputs_json TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('checking', 'blocked', 'in_review',
        'changes_requested', 'rejected', 'approved', 'queued', 'running', 'held', 'released',
        'failed', 'withheld', 'withdrawn', 'cancelled', 'revoked', 'expired')),
    version INTEGER NOT NULL CHECK (version >= 1),
    claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
    failure_json TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL
) STRICT;
CREATE INDEX job_author ON job (author_id, id);
CREATE INDEX job_dataset ON job (dataset_id, id);
CREATE INDEX job_work ON job (state, claimed, changed_us)
    WHERE state IN ('checking', 'approved', 'queued');

CREATE TRIGGER job_starts_in_checking BEFORE INSERT ON job
WHEN NEW.state <> 'checking'
BEGIN
    SELECT RAISE(ABORT, 'a job starts in checking');
END;
CREATE TRIGGER job_moves_by_the_table BEFORE UPDATE OF state ON job
WHEN NEW.state <> OLD.state AND NOT EXISTS (
    SELECT 1 FROM job_move WHERE from_state = OLD.state AND to_state = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'no such move of a job');
END;

-- One text of a job. hold_*: what an approval reserves, known after the checks.
CREATE TABLE job_version (
    job_id TEXT NOT NULL REFERENCES job (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    submitted_us INTEGER NOT NULL,
    requirements_json TEXT,
    checks_json TEXT,
    mock_json TEXT,
    quote_json TEXT,
    hold_nano INTEGER NOT NULL DEFAULT 0,
    hold_atto INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, version)
) STRICT;
CREATE INDEX job_version_source ON job_version (source_sha256);

CREATE TABLE review (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    reviewer_id TEXT NOT NULL REFERENCES user (id),
    decision TEXT NOT NULL CHECK (decision IN ('approve', 'request_changes', 'reject')),
    comment TEXT NOT NULL,
    checklist_json TEXT,
    source_sha256 TEXT NOT NULL,
    data_version INTEGER NOT NULL,
    policy_version INTEGER NOT NULL,
    runtime TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    FOREIGN KEY (job_id, version) REFERENCES job_version (job_id, version)
) STRICT;
CREATE INDEX review_job ON review (job_id, id);

-- One approved execution, resumed under the same id after a crash.
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    review_id TEXT NOT NULL REFERENCES review (id),
    data_version INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done')),
    attempts INTEGER NOT NULL DEFAULT 0,
    started_us INTEGER NOT NULL,
    log TEXT,
    FOREIGN KEY (job_id, version) REFERENCES job_version (job_id, version)
) STRICT;
CREATE INDEX run_job ON run (job_id, id);

-- What was paid, and the answer once it is kept: the same measurement by the same
-- version of a job on the same data is served again from here.
CREATE TABLE measurement (
    job_id TEXT NOT NULL REFERENCES job (id),
    version INTEGER NOT NULL,
    data_version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    seq INTEGER NOT NULL,
    error95 TEXT NOT NULL,
    plan_json TEXT NOT NULL,
    exact INTEGER NOT NULL CHECK (exact IN (0, 1)),
    answer TEXT,
    PRIMARY KEY (job_id, version, data_version, digest)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER measurement_answer_stays BEFORE UPDATE OF answer ON measurement
WHEN OLD.answer IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'an answer that was kept stays');
END;

CREATE TABLE result (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    run_id TEXT NOT NULL REFERENCES run (id),
    outputs_json TEXT NOT NULL,
    measurements_json TEXT NOT NULL,
    log TEXT NOT NULL,
    checks_json TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    made_us INTEGER NOT NULL,
    released_us INTEGER,
    comment TEXT,
    receipt_json TEXT
) STRICT;

-- The dataset as struct dataset holds it, in its order.
CREATE VIEW dataset_view AS
SELECT d.id, d.name, d.owner_id, u.name AS owner_name, d.title, d.description,
    d.schema_json, d.policy_name, d.policy_json, d.policy_version, d.accounting,
    c.epsilon_nano, c.delta_atto, d.data_version, v.rows AS data_rows, v.outside, v.sha256,
    d.mock_version, coalesce(m.rows, 0) AS mock_rows, d.published, d.archived, d.revision,
    d.created_us, d.changed_us
FROM dataset d
    JOIN user u ON u.id = d.owner_id
    LEFT JOIN cap c ON c.dataset_id = d.id AND c.kind = 'dataset'
    LEFT JOIN dataset_version v ON v.dataset_id = d.id AND v.version = d.data_version
    LEFT JOIN mock m ON m.dataset_id = d.id;

-- The job as struct job holds it, in its order. Data and policy are those of the
-- approval where there is one in force, else those the dataset has at present.
CREATE VIEW job_view AS
SELECT j.id, j.project_id, p.title AS project_title, p.purpose, j.dataset_id,
    d.name AS dataset_name, d.owner_id AS dataset_owner, j.author_id, u.name AS author_name,
    j.title, j.question, j.outputs_json, j.lane, d.accounting, j.max_epsilon_nano,
    j.max_delta_atto, j.state, j.version, j.revision,
    coalesce(r.data_version, d.data_version) AS data_version,
    coalesce(r.policy_version, d.policy_version) AS policy_version,
    v.source_sha256, v.requirements_json, v.quote_json, j.failure_json,
    (SELECT max(x.id) FROM run x WHERE x.job_id = j.id AND x.version = j.version) AS run_id,
    j.created_us, j.changed_us
FROM job j
    JOIN project p ON p.id = j.project_id
    JOIN dataset d ON d.id = j.dataset_id
    JOIN user u ON u.id = j.author_id
    JOIN job_version v ON v.job_id = j.id AND v.version = j.version
    LEFT JOIN review r ON r.id = (SELECT max(x.id) FROM review x
        WHERE x.job_id = j.id AND x.version = j.version AND x.decision = 'approve'
            AND j.state NOT IN ('checking', 'blocked', 'in_review', 'changes_requested',
                'rejected', 'withdrawn'));
