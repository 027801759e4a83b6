-- name: expected(buckets, ends, now, intervals, margin_s, by, banners, groups, meter_ids, unit_ids, park_id)
-- Time in which readings are expected of meters, by bucket and group. `timed` counts those that could have come in time:
-- of a time that is not longer before the meter's registration than a reading in time may take.
WITH place AS (
    SELECT area_code, grouped FROM unnest(:banners ::text[], :groups ::text[]) AS listed (area_code, grouped)
),
bucket AS (
    SELECT position, extract(EPOCH FROM start_at) AS start_s, extract(EPOCH FROM least(end_at, :now ::timestamptz)) AS end_s
    FROM unnest(:buckets ::timestamptz[], :ends ::timestamptz[]) WITH ORDINALITY AS each (start_at, end_at, position)
),
spell AS (
    SELECT
        CASE :by
            WHEN 'meter' THEN meter.code
            WHEN 'unit' THEN unit.code
            WHEN 'enterprise' THEN enterprise.credit_code
            WHEN 'area' THEN place.grouped
            ELSE ''
        END AS grouped,
        tenure.interval_s,
        tenure.from_day,
        tenure.to_day,
        meter.calibrated_until,
        tenure.kind = 'counter' AND tenure.rated_per_hour IS NULL AS by_past,
        greatest(known.since, (:buckets ::timestamptz[])[1]) AS known_since,
        count(*) AS meters
    FROM tenure
    JOIN meter USING (meter_id)
    JOIN (SELECT meter_id, min(recorded_at) AS since FROM meter_term GROUP BY meter_id) AS known USING (meter_id)
    JOIN unit ON unit.unit_id = tenure.unit_id
    JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
    JOIN place ON place.area_code = tenure.area_code
    WHERE
        (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
        AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
        AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
),
edge AS (
    SELECT
        spell.*,
        extract(EPOCH FROM known_since) - :intervals ::double precision * interval_s - :margin_s ::double precision AS timed_from_s,
        extract(EPOCH FROM from_day ::timestamp AT TIME ZONE 'Asia/Shanghai') AS from_s,
        CASE WHEN isfinite(to_day) THEN extract(EPOCH FROM to_day ::timestamp AT TIME ZONE 'Asia/Shanghai') ELSE 1e12 END AS to_s,
        extract(EPOCH FROM (calibrated_until + 1) ::timestamp AT TIME ZONE 'Asia/Shanghai') AS holds_until_s
    FROM spell
)
SELECT
    bucket.position,
    edge.grouped,
    sum(meters * expected_s)::double precision AS expected_s,
    sum(meters * expected_s / interval_s)::double precision AS expected,
    sum(meters * greatest(0, least(to_s, end_s) - greatest(from_s, start_s, timed_from_s)) / interval_s)::double precision AS timed,
    coalesce(sum(meters * expected_s / interval_s) FILTER (WHERE by_past), 0)::double precision AS unrated,
    coalesce(sum(meters * expected_s / interval_s) FILTER (WHERE calibrated_until IS NOT NULL), 0)::double precision AS registered,
    coalesce(sum(meters * greatest(0, least(to_s, end_s, holds_until_s) - greatest(from_s, start_s)) / interval_s) FILTER (WHERE calibrated_until IS NOT NULL), 0)::double precision AS calibrated
FROM edge
JOIN bucket ON edge.from_s < bucket.end_s AND edge.to_s > bucket.start_s
CROSS JOIN LATERAL (SELECT least(to_s, end_s) - greatest(from_s, start_s) AS expected_s) AS overlap
GROUP BY bucket.position, edge.grouped;

-- name: counted(trunc, from_day, to_day, by, banners, groups, meter_ids, unit_ids, park_id)
-- What was counted of days of meters on which readings are expected, by bucket and group. Days are summed before they are named.
WITH place AS (
    SELECT area_code, grouped FROM unnest(:banners ::text[], :groups ::text[]) AS listed (area_code, grouped)
),
summed AS (
    SELECT
        quality_day.meter_id,
        CASE :trunc WHEN 'total' THEN :from_day ::date ELSE date_trunc(:trunc, quality_day.day ::timestamp)::date END AS bucket,
        tenure.area_code,
        tenure.unit_id,
        sum(quality_day.readings) AS readings,
        sum(quality_day.received) AS received,
        sum(quality_day.on_time) AS on_time,
        sum(quality_day.valid) AS valid,
        sum(quality_day.measured_s) AS measured_s,
        sum(quality_day.resets) AS resets
    FROM quality_day
    JOIN tenure
        ON tenure.meter_id = quality_day.meter_id
        AND tenure.from_day <= quality_day.day
        AND tenure.to_day > quality_day.day
    WHERE
        quality_day.day >= :from_day ::date
        AND quality_day.day < :to_day ::date
        AND (:meter_ids ::integer[] IS NULL OR quality_day.meter_id = ANY (:meter_ids ::integer[]))
        AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
        AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    GROUP BY 1, 2, 3, 4
)
SELECT
    summed.bucket,
    CASE :by
        WHEN 'meter' THEN meter.code
        WHEN 'unit' THEN unit.code
        WHEN 'enterprise' THEN enterprise.credit_code
        WHEN 'area' THEN place.grouped
        ELSE ''
    END AS grouped,
    sum(summed.readings) AS readings,
    sum(summed.received) AS received,
    sum(summed.on_time) AS on_time,
    sum(summed.valid) AS valid,
    sum(summed.measured_s) AS measured_s,
    sum(summed.resets) AS resets
FROM summed
JOIN meter USING (meter_id)
JOIN unit ON unit.unit_id = summed.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
JOIN place ON place.area_code = summed.area_code
GROUP BY 1, 2;

-- name: inconsistent(trunc, slugs, from_day, to_day, by, banners, groups, meter_ids, unit_ids, park_id)
-- Days of meters of whom, or of whose unit, enterprise or gateway, a check across meters and reports has found something.
-- Where it names a carrier, of the meters of that carrier alone.
WITH place AS (
    SELECT area_code, grouped FROM unnest(:banners ::text[], :groups ::text[]) AS listed (area_code, grouped)
),
named AS (
    SELECT
        finding.subject_kind,
        finding.subject_code,
        finding.detail ->> 'carrier' AS carrier,
        greatest((finding.starts_at AT TIME ZONE 'Asia/Shanghai')::date, :from_day ::date) AS from_day,
        least(((finding.ends_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date, :to_day ::date - 1) AS last_day
    FROM finding
    WHERE
        finding.check_slug = ANY (:slugs ::text[])
        AND finding.day >= :from_day ::date
        AND finding.day < :to_day ::date + 31
        AND finding.starts_at < :to_day ::timestamp AT TIME ZONE 'Asia/Shanghai'
),
hit AS (
    SELECT DISTINCT meter.meter_id, each.day ::date AS day
    FROM named
    JOIN tenure ON tenure.from_day <= named.last_day AND tenure.to_day > named.from_day
    JOIN meter ON meter.meter_id = tenure.meter_id AND (named.carrier IS NULL OR meter.carrier = named.carrier)
    JOIN unit ON unit.unit_id = tenure.unit_id
    JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
    CROSS JOIN LATERAL generate_series(
        greatest(named.from_day, tenure.from_day) ::timestamp, least(named.last_day, tenure.to_day - 1) ::timestamp, interval '1 day'
    ) AS each (day)
    WHERE
        CASE named.subject_kind
            WHEN 'meter' THEN meter.code
            WHEN 'unit' THEN unit.code
            WHEN 'enterprise' THEN enterprise.credit_code
        END = named.subject_code
)
SELECT
    CASE :trunc WHEN 'total' THEN :from_day ::date ELSE date_trunc(:trunc, hit.day ::timestamp)::date END AS bucket,
    CASE :by
        WHEN 'meter' THEN meter.code
        WHEN 'unit' THEN unit.code
        WHEN 'enterprise' THEN enterprise.credit_code
        WHEN 'area' THEN place.grouped
        ELSE ''
    END AS grouped,
    count(*) AS meter_days
FROM hit
JOIN tenure
    ON tenure.meter_id = hit.meter_id
    AND tenure.from_day <= hit.day
    AND tenure.to_day > hit.day
JOIN meter ON meter.meter_id = hit.meter_id
JOIN unit ON unit.unit_id = tenure.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
JOIN place ON place.area_code = tenure.area_code
WHERE
    (:meter_ids ::integer[] IS NULL OR hit.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
GROUP BY 1, 2;

-- name: findings(meter_ids, areas, from_day, to_day)
-- What was found, of subjects in the scope: meters, and what belongs to them.
SELECT
    finding_id,
    check_slug AS "check",
    subject_kind,
    subject_code AS subject,
    day,
    starts_at AS start,
    ends_at AS "end",
    value,
    limit_value AS "limit",
    detail,
    found_at
FROM finding
WHERE
    day >= :from_day ::date
    AND day < :to_day ::date
    AND (
        :meter_ids ::integer[] IS NULL
        OR CASE subject_kind
            WHEN 'meter' THEN subject_code IN (SELECT code FROM meter WHERE meter_id = ANY (:meter_ids ::integer[]))
            WHEN 'unit' THEN subject_code IN (SELECT unit.code FROM unit JOIN meter_term_now USING (unit_id) WHERE meter_id = ANY (:meter_ids ::integer[]))
            WHEN 'gateway' THEN subject_code IN (SELECT gateway.code FROM gateway JOIN meter_term_now USING (gateway_id) WHERE meter_id = ANY (:meter_ids ::integer[]))
            WHEN 'enterprise' THEN subject_code IN (
                SELECT enterprise.credit_code
                FROM enterprise
                JOIN unit USING (enterprise_id)
                JOIN meter_term_now USING (unit_id)
                WHERE meter_id = ANY (:meter_ids ::integer[])
            )
            ELSE subject_code = ANY (:areas ::text[])
        END
    );

-- name: incomplete(meter_ids, unit_ids, areas, park_id, from_day, to_day, after_day, after_meter, row_limit)
-- Days of meters on which fewer readings came than should have; the running day counts as it is now.
SELECT each.day ::date AS day, meter.code, meter.meter_id, tenure.interval_s, unit.code AS unit, enterprise.credit_code AS enterprise
FROM tenure
JOIN meter USING (meter_id)
JOIN unit ON unit.unit_id = tenure.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
CROSS JOIN LATERAL generate_series(
    greatest(tenure.from_day, :from_day ::date, :after_day ::date) ::timestamp, (least(tenure.to_day, :to_day ::date) - 1) ::timestamp, interval '1 day'
) AS each (day)
LEFT JOIN quality_day ON quality_day.meter_id = meter.meter_id AND quality_day.day = each.day ::date
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    AND (each.day ::date, meter.code) > (:after_day ::date, :after_meter ::text)
    AND (
        quality_day.received IS NULL
        OR NOT quality_day.checked
        OR quality_day.received < greatest(1, 86400 / tenure.interval_s)
    )
ORDER BY each.day, meter.code
LIMIT :row_limit;

-- name: times(meter_ids, from_ts)
-- The readings of days of meters that begin at these moments.
SELECT each_day.meter_id, (extract(EPOCH FROM stored.ts) * 1000000)::bigint AS ts_us
FROM unnest(:meter_ids ::integer[], :from_ts ::timestamptz[]) AS each_day (meter_id, from_ts)
CROSS JOIN LATERAL (
    SELECT ts
    FROM reading_now
    WHERE
        reading_now.meter_id = each_day.meter_id
        AND reading_now.ts >= each_day.from_ts
        AND reading_now.ts < each_day.from_ts + interval '1 day'
) AS stored
ORDER BY each_day.meter_id, stored.ts;

-- name: unjudged(from_day, to_day, meter_ids, unit_ids, banners, park_id, most)
-- Days of meters of which readings are booked that were never looked at; of a queue of millions so many are looked at.
WITH queued AS (
    SELECT meter_id, day
    FROM quality_due
    WHERE day >= :from_day ::date AND day < :to_day ::date
    LIMIT :most
)
SELECT count(*) AS meter_days, min(due.day) AS since
FROM (SELECT DISTINCT meter_id, day FROM queued) AS due
JOIN tenure
    ON tenure.meter_id = due.meter_id
    AND tenure.from_day <= due.day
    AND tenure.to_day > due.day
WHERE
    NOT EXISTS (SELECT FROM quality_day WHERE quality_day.meter_id = due.meter_id AND quality_day.day = due.day)
    AND tenure.area_code = ANY (:banners ::text[])
    AND (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id);
