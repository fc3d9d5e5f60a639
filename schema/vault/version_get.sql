SELECT rows, segments, wrapped FROM version WHERE dataset = ?1 AND version = ?2
