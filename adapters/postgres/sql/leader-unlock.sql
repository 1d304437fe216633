select pg_advisory_unlock(hashtextextended('annona.leader.' || $1, 0)) as unlocked;
