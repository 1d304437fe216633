delete from call_key where scope = $1 and key = $2 and status is null;
