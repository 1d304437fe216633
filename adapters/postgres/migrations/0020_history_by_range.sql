-- Up Migration
-- A history is read a page of ticks at a time, and its rows stand about in the order of their ticks: a summary a megabyte of table finds
-- them, where a B-tree took an entry of each commit for every event and every row that was stamped.

drop index event_of_tick;
create index event_of_tick on event using brin (tick) with (autosummarize = on);
drop index intake_of_tick;
create index intake_of_tick on intake using brin (tick) with (autosummarize = on);
