-- name: select()
SELECT
    outlet.enterprise_id,
    outlet.code,
    enterprise.credit_code,
    outlet.name_zh,
    outlet.name_en,
    outlet.medium,
    outlet.permit,
    outlet.emits_voc,
    gateway.code AS gateway,
    outlet.monitored_from,
    outlet.monitored_to,
    outlet.gateway_id IS NOT NULL AS monitored,
    heard.online AS connected,
    heard.last_message_at,
    coalesce(
        (
            SELECT
                json_agg(
                    json_build_object(
                        'factor', factor, 'grain', grain, 'valid_from', valid_from, 'number', number,
                        'converted', converted, 'source', source
                    )
                    ORDER BY factor, grain, valid_from
                )
            FROM outlet_limit
            WHERE outlet_limit.outlet_id = outlet.outlet_id
        ),
        '[]'
    ) AS limits,
    coalesce(
        (
            SELECT json_agg(json_build_object('start', from_ts, 'end', to_ts, 'reason', reason) ORDER BY from_ts)
            FROM outlet_stop
            WHERE outlet_stop.outlet_id = outlet.outlet_id
        ),
        '[]'
    ) AS stops
FROM outlet
JOIN enterprise ON enterprise.enterprise_id = outlet.enterprise_id
LEFT JOIN gateway ON gateway.gateway_id = outlet.gateway_id
LEFT JOIN gateway_state AS heard ON heard.gateway_code = gateway.code;

-- name: monitor(gateway, code)
-- The gateway, with its enterprise and the outlet, other than this one, of which it is the monitor.
SELECT
    enterprise.credit_code,
    outlet.code AS outlet
FROM gateway
JOIN enterprise USING (enterprise_id)
LEFT JOIN outlet ON outlet.gateway_id = gateway.gateway_id AND outlet.code <> :code
WHERE gateway.code = :gateway;

-- name: taken(code)
-- By an outlet that the account cannot see.
SELECT code
FROM codes_taken('outlet', ARRAY[:code ::text]) AS code
WHERE NOT EXISTS (SELECT FROM outlet WHERE outlet.code = :code ::text);

-- name: put(code, credit_code, name_zh, name_en, medium, permit, emits_voc, gateway, monitored_from, monitored_to)
INSERT INTO outlet (
    code, enterprise_id, name_zh, name_en, medium, permit, emits_voc, gateway_id, monitored_from, monitored_to
)
SELECT
    :code,
    enterprise.enterprise_id,
    :name_zh,
    :name_en ::text,
    :medium,
    :permit ::text,
    :emits_voc,
    (SELECT gateway_id FROM gateway WHERE gateway.code = :gateway ::text),
    :monitored_from ::date,
    :monitored_to ::date
FROM enterprise
WHERE enterprise.credit_code = :credit_code
ON CONFLICT (code) DO UPDATE
SET
    enterprise_id = excluded.enterprise_id,
    name_zh = excluded.name_zh,
    name_en = excluded.name_en,
    medium = excluded.medium,
    permit = excluded.permit,
    emits_voc = excluded.emits_voc,
    gateway_id = excluded.gateway_id,
    monitored_from = excluded.monitored_from,
    monitored_to = excluded.monitored_to
RETURNING outlet_id;

-- name: drop_limits(outlet_id)
DELETE FROM outlet_limit
WHERE outlet_id = :outlet_id;

-- name: add_limits(outlet_id, rows)
INSERT INTO outlet_limit (outlet_id, factor, grain, valid_from, number, converted, source)
SELECT :outlet_id, factor, grain, valid_from, number, converted, source
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    factor text, grain text, valid_from date, number double precision, converted boolean, source text
);

-- name: drop_stops(outlet_id)
DELETE FROM outlet_stop
WHERE outlet_id = :outlet_id;

-- name: add_stops(outlet_id, rows)
INSERT INTO outlet_stop (outlet_id, from_ts, to_ts, reason)
SELECT :outlet_id, entry.start, entry."end", entry.reason
FROM json_to_recordset(CAST(:rows AS json)) AS entry (start timestamptz, "end" timestamptz, reason text);

-- name: delete(key)
DELETE FROM outlet
WHERE code = :key;
