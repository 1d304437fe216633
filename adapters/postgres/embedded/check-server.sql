-- Which server answers: adoption trusts a port only if the data directory behind it is ours.
SELECT current_setting('data_directory') AS data_directory
