select digest from configuration_base where cell = $1;
