select document from earmark where cell = $1 order by made_tick, document ->> 'madeAt', request_id;
