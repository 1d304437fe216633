-- When the first and the last request of each outcome were decided: the commit of their tick, on the database's clock.
-- `first` is the Decision of the tick that first dealt with the request, from its events.
select r.state,
  count(*)::integer as requests,
  min(t.committed_at_ms)::float8 as "firstAtMs",
  max(t.committed_at_ms)::float8 as "lastAtMs"
from request r join tick t on t.cell = r.cell and t.tick = r.decided_tick
group by r.state;
