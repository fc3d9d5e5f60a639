-- Each connection to the vault starts with these. The wait comes first:
-- already the journal mode may meet another's lock. A page of 16 KiB suits segments.
PRAGMA busy_timeout = 10000;
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 1073741824;
