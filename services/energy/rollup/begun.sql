-- name: booked_before(meter_ids, before_ts)
-- Those of the meters of which something was booked in a month that began before that time.
SELECT listed.meter_id
FROM unnest(:meter_ids ::integer[]) AS listed (meter_id)
WHERE EXISTS (
    SELECT
    FROM energy_month
    WHERE energy_month.meter_id = listed.meter_id AND energy_month.month < :before_ts ::timestamptz
);

-- name: any_before(meter_ids, before_ts)
-- Whether any of the meters has a reading before that time. In order of the key: so each index is asked for all of them at
-- once, where a search for just any would read the chunks through. A list that the planner sees it would hold against the
-- statistics of each chunk, which takes longer than the search.
SELECT (
    SELECT TRUE
    FROM reading
    WHERE reading.meter_id = ANY (ARRAY(SELECT unnest(:meter_ids ::integer[]))) AND reading.ts < :before_ts ::timestamptz
    ORDER BY reading.meter_id, reading.ts
    LIMIT 1
) IS NOT NULL AS is_any;

-- name: each_before(meter_ids, before_ts)
-- Those of the meters that have a reading before that time, each looked for by the key.
SELECT listed.meter_id
FROM unnest(:meter_ids ::integer[]) AS listed (meter_id)
WHERE (
    SELECT TRUE
    FROM reading
    WHERE reading.meter_id = listed.meter_id AND reading.ts < :before_ts ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT 1
) IS NOT NULL;
