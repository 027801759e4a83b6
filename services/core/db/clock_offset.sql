-- name: clock()
-- The time by the clock of the database, and not that of the transaction's begin.
SELECT clock_timestamp() AS told;
