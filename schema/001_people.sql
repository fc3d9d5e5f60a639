-- 001_people.sql -- who may ask, and the record of what was done.
--
-- Identifiers are texts such as usr_… (see datasite/base/ids.h). Times are RFC 3339 UTC with
-- milliseconds, so that they sort as text, except where a number is compared often: those
-- columns end in _us and count microseconds since 1970.

CREATE TABLE user (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'usr_*'),
    email       TEXT NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '%_@_%'),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    roles       INTEGER NOT NULL CHECK (roles BETWEEN 1 AND 15),  -- enum role, or-ed
    password    TEXT NOT NULL,      -- Argon2id of libsodium; '': nobody can sign in
    suspended   INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created_at  TEXT NOT NULL,
    revision    INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

-- A browser session. The cookie itself is stored nowhere: only its keyed hash.
CREATE TABLE session (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'ses_*'),
    user_id     TEXT NOT NULL REFERENCES user (id),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    created_us  INTEGER NOT NULL,
    used_us     INTEGER NOT NULL    -- to the hour: idle sessions end
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);

-- A bearer token of a program.
CREATE TABLE token (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'tok_*'),
    user_id     TEXT NOT NULL REFERENCES user (id),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    scopes      INTEGER NOT NULL,   -- bits of scopes.def
    created_us  INTEGER NOT NULL,
    expires_us  INTEGER NOT NULL CHECK (expires_us > created_us),
    used_us     INTEGER             -- to the hour; null: never used
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_user ON token (user_id, id);

-- The link that makes the first account: at most one row.
CREATE TABLE setup (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    hash        TEXT NOT NULL CHECK (length(hash) = 64),
    expires_us  INTEGER NOT NULL
) STRICT;

-- Failures, as the time at which a key has none left (datasite/core/throttle.h). Keys are
-- hashed: what people type into a sign-in form is not kept.
CREATE TABLE throttle (
    key         TEXT PRIMARY KEY CHECK (length(key) = 64),
    clear_us    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name        TEXT PRIMARY KEY CHECK (name IN ('site_name', 'tokens_may_decide')),
    value       TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 200)
) STRICT, WITHOUT ROWID;

-- A purpose and who works on it. The datasets a project may use stand in project_dataset.
CREATE TABLE project (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'prj_*'),
    owner_id    TEXT NOT NULL REFERENCES user (id),
    title       TEXT NOT NULL CHECK (length(title) >= 1),
    purpose     TEXT NOT NULL CHECK (length(purpose) >= 1),
    created_at  TEXT NOT NULL,
    revision    INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE project_member (
    project_id  TEXT NOT NULL REFERENCES project (id),
    user_id     TEXT NOT NULL REFERENCES user (id),
    PRIMARY KEY (project_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_member_by_user ON project_member (user_id, project_id);

CREATE TABLE project_dataset (
    project_id  TEXT NOT NULL REFERENCES project (id),
    dataset_id  TEXT NOT NULL REFERENCES dataset (id),
    PRIMARY KEY (project_id, dataset_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_dataset_by_dataset ON project_dataset (dataset_id, project_id);

-- The hash chain (datasite/core/audit.h). Entries are neither changed nor removed.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY CHECK (seq >= 1),
    time        TEXT NOT NULL,
    actor       TEXT NOT NULL,      -- a user id, or 'system'
    verb        TEXT NOT NULL,      -- audit_verbs.def
    subject     TEXT NOT NULL,
    facts       TEXT NOT NULL,      -- canonical JSON of an object
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are not changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are not removed'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'audit entries follow one another'); END;

-- The newest entry once more: entries cut off at the end show. At most one row.
CREATE TABLE audit_head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    seq         INTEGER NOT NULL,
    hash        TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
WHEN NEW.seq <> OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'the head of the audit log moves one entry at a time'); END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the head of the audit log stays'); END;

-- The outbox of GET /events: what changed, and who may know.
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    time        TEXT NOT NULL,
    kind        TEXT NOT NULL,      -- 'job.state', 'dataset.version'
    subject     TEXT NOT NULL,
    dataset_id  TEXT,               -- its owner may see the event
    user_id     TEXT,               -- this person may see the event
    state       TEXT NOT NULL
) STRICT;

-- Answers already given, for a POST that is sent again (datasite/core/idempotency.h).
CREATE TABLE idempotency (
    actor       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
    status      INTEGER NOT NULL CHECK (status BETWEEN 200 AND 299),
    body        BLOB NOT NULL,      -- sealed with the site's key
    location    TEXT NOT NULL,
    etag        TEXT NOT NULL,
    created_us  INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_us);
