select key, used, consumable from capacity_use where cell = $1 order by key;
