DELETE FROM segment WHERE dataset = ?1 AND version = ?2
