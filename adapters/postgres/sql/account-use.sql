-- What is committed on the accounts that the transaction names.
select account, period, reserved, spent from account_use where cell = $1 order by account, period;
