-- Private columns at rest. Everything in `bytes` and `wrapped` is XChaCha20-Poly1305
-- ciphertext; the key that opens it stands in a file of its own.

CREATE TABLE version (
  dataset  TEXT    NOT NULL,                     -- id of the dataset
  version  INTEGER NOT NULL CHECK (version > 0),
  rows     INTEGER NOT NULL CHECK (rows >= 0),
  segments INTEGER NOT NULL CHECK (segments >= 0),
  wrapped  BLOB    NOT NULL,                     -- data key and truncation key; empty: destroyed
  PRIMARY KEY (dataset, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
  dataset  TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  name     TEXT    NOT NULL,                     -- of the column
  number   INTEGER NOT NULL CHECK (number >= 0),
  rows     INTEGER NOT NULL CHECK (rows > 0),
  bytes    BLOB    NOT NULL,
  UNIQUE (dataset, version, name, number),
  FOREIGN KEY (dataset, version) REFERENCES version (dataset, version)
) STRICT;
