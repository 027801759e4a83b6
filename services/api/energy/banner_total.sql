-- What an enterprise may know of its banner.

-- name: own_banner(credit_code)
SELECT membership.area_code
FROM membership
JOIN enterprise USING (enterprise_id)
WHERE enterprise.credit_code = :credit_code
    AND membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
ORDER BY membership.valid_from DESC
LIMIT 1;

-- name: of_few(area, from_month, to_month, least)
SELECT energy_month.month, account.carrier, account.flow
FROM energy_month
JOIN account USING (account_id)
WHERE account.area_code = :area
    AND energy_month.month >= :from_month
    AND energy_month.month < :to_month
    AND energy_month.slot_count > 0
GROUP BY energy_month.month, account.carrier, account.flow
HAVING count(DISTINCT account.enterprise_id) < :least;
