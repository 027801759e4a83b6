-- Energy as it is handed on, a page at a time: what exports of meters (meters.sql) and of places (places.sql) have in common. A source puts rows
-- beside each other as `kept`: period, number (of the meter, or of the sum of a place), account, and what is booked; a row is what an
-- export has of each. Rows are those of the accounts and sums that whoever asks sees (open.account, open.ledger).

-- name: horizon()
-- Of what server this is, and the first transaction that may not be over: what is booked by one before is seen, or never will be.
SELECT
    system.system_identifier::text AS server,
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline,
    pg_snapshot_xmin(pg_current_snapshot())::text AS transaction
FROM pg_control_system() AS system;

-- part: head_of_hour()
SELECT
    to_char(kept.period AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time,
    to_char(kept.period AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') AS local_time,

-- part: head_of_day()
SELECT
    to_char(kept.period AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time,
    to_char(kept.period AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS local_date,

-- part: head_of_month()
SELECT
    to_char(kept.period AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time,
    to_char(kept.period AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS local_month,

-- part: changed_at()
    , to_char(kept.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS changed_at
