-- name: unit(code)
SELECT unit_id
FROM unit
WHERE code = :code;

-- name: of_unit(code)
SELECT unit_input.input, unit_input.valid_from, unit_input.value, unit_input.choice, unit_input.source, unit_input.recorded_at,
    unit_input.recorded_by
FROM unit_input
JOIN unit USING (unit_id)
WHERE unit.code = :code
ORDER BY unit_input.input, unit_input.valid_from;

-- name: insert(code, input, valid_from, value, choice, source)
INSERT INTO unit_input (unit_id, input, valid_from, value, choice, source)
SELECT unit_id, :input, :valid_from, :value ::numeric, :choice ::text, :source
FROM unit
WHERE code = :code
ON CONFLICT DO NOTHING;

-- name: delete(code, input, valid_from)
DELETE FROM unit_input
USING unit
WHERE unit.unit_id = unit_input.unit_id
    AND unit.code = :code
    AND unit_input.input = :input
    AND unit_input.valid_from = :valid_from;
