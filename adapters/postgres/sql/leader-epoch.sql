select epoch from leader where cell = $1;
