select key, used from capacity_use where cell = $1 order by key;
