select document from policy_bundle where cell = $1 and revision = $2;
