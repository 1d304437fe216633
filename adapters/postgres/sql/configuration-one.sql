select document from configuration_revision where cell = $1 and revision = $2;
