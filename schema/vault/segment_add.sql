INSERT INTO segment (dataset, version, name, number, rows, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
