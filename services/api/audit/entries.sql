-- name: entries()
SELECT
    audit.entry_id AS id,
    audit.at,
    audit.account,
    audit.credential,
    audit.database_role,
    audit.request,
    audit.kind,
    audit.subject,
    audit.key,
    audit.action,
    audit.before,
    audit.after,
    audit.detail,
    audit.reason,
    audit.batch_id AS batch,
    (SELECT seal_id FROM seal WHERE seal.kind = 'audit' AND seal.ref_id = audit.batch_id) AS seal
FROM audit;
