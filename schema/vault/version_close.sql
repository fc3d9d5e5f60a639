UPDATE version SET rows = ?3, segments = ?4 WHERE dataset = ?1 AND version = ?2
