UPDATE version SET wrapped = x'' WHERE dataset = ?1 AND version = ?2
