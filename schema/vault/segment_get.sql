SELECT rows, bytes FROM segment WHERE dataset = ?1 AND version = ?2 AND name = ?3 AND number = ?4
