-- name: judged_until()
SELECT greatest((SELECT max(evaluated_at) FROM alert_state), (SELECT max(at) FROM alert_event));
