-- What an administrator decides about the whole site.

-- name: SETTING_EACH () -> (ss)
SELECT name, value FROM setting;

-- name: SETTING_GET (s) -> (s)
SELECT value FROM setting WHERE name = ?1;

-- name: SETTING_PUT (ss)
INSERT INTO setting (name, value) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
