-- name: kept_readings(gateway, meter, most, believe_old, before_use_days, keeps_days)
-- Rejected readings that would be taken by now, oldest first: their meter is registered with their gateway for their time,
-- and their time is believed, or a person says that it is right. Times are as the intake writes them: milliseconds since
-- 1970, or ISO 8601. Those that may be tried are taken out first: other rejected readings keep times that are none, and the
-- index goes by these codes.
WITH kept AS MATERIALIZED (
    SELECT rejection_id, gateway_code, meter_code, code, ts_text, value_text
    FROM rejected_reading
    WHERE
        outcome IS NULL
        AND code IN ('unknown_meter', 'meter_of_another_gateway', 'ts_too_old')
        AND (:gateway ::text IS NULL OR gateway_code = :gateway)
        AND (:meter ::text IS NULL OR meter_code = :meter)
)
SELECT
    kept.rejection_id,
    kept.gateway_code,
    kept.meter_code,
    kept.ts_text,
    kept.value_text
FROM kept
JOIN meter ON meter.code = kept.meter_code
JOIN gateway ON gateway.code = kept.gateway_code
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN kept.ts_text ~ '^-?[0-9]{1,15}$' THEN to_timestamp(kept.ts_text::double precision / 1000)
        WHEN kept.ts_text ~ '^[0-9]{4}-[01][0-9]-[0-3][0-9]T' THEN kept.ts_text::timestamptz
    END AS ts
) AS read
JOIN meter_term_now AS term
    ON term.meter_id = meter.meter_id
    AND term.gateway_id = gateway.gateway_id
    AND coalesce(read.ts, now()) >= term.valid_from
    AND coalesce(read.ts, now()) < term.valid_to
JOIN unit ON unit.unit_id = term.unit_id
WHERE
    kept.code <> 'ts_too_old'
    OR :believe_old ::boolean
    OR read.ts >= greatest(
        now() - make_interval(days => coalesce(gateway.keeps_days, :keeps_days ::integer)),
        coalesce(
            meter.valid_from,
            (SELECT min(valid_from) FROM membership WHERE membership.enterprise_id = unit.enterprise_id)
        )::timestamp AT TIME ZONE 'Asia/Shanghai' - make_interval(hours => 24 * :before_use_days ::integer)
    )
ORDER BY kept.rejection_id
LIMIT :most;

-- name: note_outcomes(ids, meters, times, values)
-- A kept reading is taken if it is the one that stands for its meter and time now, or the one that counts by a correction; one without a time could not be read.
WITH told AS (
    UPDATE rejected_reading
    SET
        retried_at = now(),
        outcome = CASE
            WHEN tried.stands IS NULL THEN 'refused'
            WHEN tried.value IN (tried.stands, tried.counts) THEN 'taken'
            ELSE 'conflict'
        END
    FROM (
        SELECT
            given.rejection_id,
            given.value,
            reading.value AS stands,
            (
                SELECT CASE correction.kind WHEN 'revoke' THEN NULL ELSE correction.value END
                FROM correction
                WHERE correction.meter_id = meter.meter_id AND correction.ts = given.ts
                ORDER BY correction.correction_id DESC
                LIMIT 1
            ) AS counts
        FROM unnest(:ids ::bigint[], :meters ::text[], :times ::timestamptz[], :values ::float8[])
            AS given (rejection_id, meter_code, ts, value)
        LEFT JOIN meter ON meter.code = given.meter_code
        LEFT JOIN reading ON reading.meter_id = meter.meter_id AND reading.ts = given.ts
    ) AS tried
    WHERE rejected_reading.rejection_id = tried.rejection_id AND rejected_reading.outcome IS NULL
    RETURNING rejected_reading.outcome
)
SELECT outcome, count(*) FROM told GROUP BY outcome;
