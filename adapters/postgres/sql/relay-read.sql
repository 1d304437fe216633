select sequence from relay_cursor where sink = $1 and cell = $2;
