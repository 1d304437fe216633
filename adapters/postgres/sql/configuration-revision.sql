select revision from configuration_revision where cell = $1 and current;
