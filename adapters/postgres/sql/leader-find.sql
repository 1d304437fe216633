-- Null rows while nobody leads, and while the leader of this epoch has not said where it is.
select a.epoch, a.url, a.secret from leader l join leader_address a using (cell, epoch)
where l.cell = $1 and l.expires_at_ms > annona_now();
