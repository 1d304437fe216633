select account, period, reserved, spent from account_use where cell = $1 order by account, period;
