INSERT INTO version (dataset, version, rows, segments, wrapped) VALUES (?1, ?2, 0, 0, ?3)
