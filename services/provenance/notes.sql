-- name: note(kind, subject, detail)
SELECT audit_note(:kind, :subject, :detail);
