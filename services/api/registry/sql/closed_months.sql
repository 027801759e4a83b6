-- Whether something is stored for closed months, those before `open_from`, of what a change touches. A change just before that moment is one of
-- the open month: a term that begins with it is noted from the microsecond before.

-- name: meter(code, since, until, with_span, is_new, open_from)
-- The meter, with each enterprise to which its energy of that time was booked or would be, and whether any is stored of closed months.
WITH touched AS (
    SELECT
        meter_id,
        CASE
            WHEN :with_span ::boolean THEN coalesce(
                (SELECT max(ts) FROM reading WHERE reading.meter_id = meter.meter_id AND ts < :since ::timestamptz),
                :since ::timestamptz
            )
            ELSE :since ::timestamptz
        END AS since,
        coalesce(
            :until ::timestamptz,
            (SELECT min(ts) FROM reading WHERE reading.meter_id = meter.meter_id AND ts > :since ::timestamptz),
            :since ::timestamptz + interval '1 microsecond'
        ) AS until
    FROM meter
    WHERE code = :code
)
SELECT DISTINCT
    touched.meter_id,
    unit.enterprise_id,
    touched.since < :open_from ::timestamptz - interval '1 microsecond'
        AND (
            :is_new ::boolean
            OR EXISTS (
                SELECT
                FROM reading
                WHERE reading.meter_id = touched.meter_id AND ts >= touched.since AND ts < :open_from ::timestamptz
            )
            OR EXISTS (
                SELECT
                FROM energy_slot
                WHERE energy_slot.meter_id IN (touched.meter_id, -touched.meter_id)
                    AND hour > touched.since - interval '1 hour'
                    AND hour < :open_from ::timestamptz
                    AND slot > touched.since - interval '15 minutes'
                    AND slot < :open_from ::timestamptz
            )
        ) AS is_stored
FROM touched
JOIN meter_term AS term USING (meter_id)
JOIN unit ON unit.unit_id = term.unit_id
WHERE term.valid_to > touched.since
    AND term.valid_from < touched.until
    -- Those too that the change itself withdraws.
    AND (term.withdrawn_at IS NULL OR term.withdrawn_at = now());

-- name: booked_of_meter(code, since, edge)
-- Whether anything was ever booked of a meter between a moment and the edge before which readings are dropped.
SELECT EXISTS (
    SELECT
    FROM meter
    JOIN energy_month AS kept ON kept.meter_id IN (meter.meter_id, -meter.meter_id)
    WHERE meter.code = :code
        AND kept.month < :edge ::timestamptz
        AND kept.month > :since ::timestamptz - interval '32 days'
) AS is_so;

-- name: booked_of_enterprise(credit_code, since, edge)
SELECT EXISTS (
    SELECT
    FROM meters_since(:credit_code, :since ::timestamptz) AS had (meter_id)
    JOIN energy_month AS kept ON kept.meter_id IN (had.meter_id, -had.meter_id)
    WHERE kept.month < :edge ::timestamptz AND kept.month > :since ::timestamptz - interval '32 days'
) AS is_so;

-- name: not_theirs(enterprise_ids)
SELECT asked.enterprise_id
FROM unnest(:enterprise_ids ::integer[]) AS asked (enterprise_id)
WHERE NOT (sees_all() OR acts_on_enterprise(asked.enterprise_id));

-- name: enterprise(credit_code, since, open_from)
-- Its meters at any time since of which something is stored, those too that the account cannot see by now.
SELECT had.meter_id, enterprise.enterprise_id
FROM enterprise
CROSS JOIN LATERAL meters_since(enterprise.credit_code, :since ::timestamptz) AS had (meter_id)
WHERE enterprise.credit_code = :credit_code
    AND (
        EXISTS (
            SELECT
            FROM reading
            WHERE reading.meter_id = had.meter_id AND ts >= :since ::timestamptz AND ts < :open_from ::timestamptz
        )
        OR EXISTS (
            SELECT
            FROM energy_slot
            WHERE energy_slot.meter_id IN (had.meter_id, -had.meter_id)
                AND hour > :since ::timestamptz - interval '1 hour'
                AND hour < :open_from ::timestamptz
                AND slot >= :since ::timestamptz
                AND slot < :open_from ::timestamptz
        )
    );

-- name: heat_values(ids, open_from)
-- Enterprises that used the fuel in the month, or for the default of the enterprise in any month.
SELECT
    heat_value.enterprise_id,
    min(heat_value.month ::timestamp AT TIME ZONE 'Asia/Shanghai') AS since
FROM heat_value
WHERE heat_value.heat_value_id = ANY(:ids ::integer[])
    AND EXISTS (
        SELECT
        FROM account
        JOIN unit USING (unit_id)
        JOIN meter_term AS term ON term.unit_id = unit.unit_id
        JOIN energy_month ON energy_month.meter_id IN (term.meter_id, -term.meter_id)
            AND energy_month.account_id = account.account_id
        WHERE account.enterprise_id = heat_value.enterprise_id
            AND account.carrier = heat_value.carrier
            AND energy_month.slot_count > 0
            AND energy_month.month < :open_from ::timestamptz
            AND energy_month.month
            = coalesce(heat_value.month ::timestamp AT TIME ZONE 'Asia/Shanghai', energy_month.month)
    )
GROUP BY heat_value.enterprise_id, heat_value.month IS NULL;

-- name: manual_reports(ids, open_from)
-- Enterprises of units of which something else was reported before, for the same closed month.
SELECT unit.enterprise_id, min(manual_report.month ::timestamp AT TIME ZONE 'Asia/Shanghai') AS since
FROM manual_report
JOIN unit USING (unit_id)
WHERE manual_report.manual_report_id = ANY(:ids ::integer[])
    AND manual_report.version > 1
    AND manual_report.month ::timestamp AT TIME ZONE 'Asia/Shanghai' < :open_from ::timestamptz
GROUP BY unit.enterprise_id;

-- name: superseding(ids, proposal_id)
-- The newest version of what these new versions speak of that its author did not know; empty: there is none.
SELECT max(kept.manual_report_id) AS newest
FROM manual_report AS given
JOIN manual_report AS kept USING (unit_id, carrier, flow, month)
JOIN proposal ON kept.manual_report_id >= (proposal.effect ->> 'manual_reports_before')::integer
WHERE given.manual_report_id = ANY(:ids ::integer[])
    AND kept.manual_report_id <> ALL(:ids ::integer[])
    AND proposal.proposal_id = :proposal_id;

-- name: named(meter_ids, enterprise_ids)
SELECT
    ARRAY(SELECT code FROM meter WHERE meter_id = ANY(:meter_ids ::integer[]) ORDER BY code) AS meters,
    ARRAY(
        SELECT credit_code FROM enterprise WHERE enterprise_id = ANY(:enterprise_ids ::integer[]) ORDER BY credit_code
    ) AS enterprises,
    (
        SELECT min(carrier.unit)
        FROM meter
        JOIN carrier ON carrier.code = meter.carrier
        WHERE meter_id = ANY(:meter_ids ::integer[])
    ) AS carrier_unit;

-- name: act_as(account, credential)
-- Until the end of the transaction.
SELECT
    set_config('enermon.account', :account, true) AS account,
    set_config('enermon.credential', :credential, true) AS credential;

-- name: confirm(proposal_id, by, now)
UPDATE proposal
SET decided_at = :now,
    decided_by = :by,
    decision = 'confirmed'
WHERE proposal_id = :proposal_id
    AND decided_at IS NULL
    AND expires_at > :now
    AND author <> :by
RETURNING proposal_id;
