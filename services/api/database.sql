-- What a connection is told each time it is taken from the pool; row-level security goes by it (migration 0022).

-- name: tell(reach, areas, enterprise, account, credential, request, longest)
SELECT
    set_config('enermon.reach', :reach, false) AS reach,
    set_config('enermon.areas', :areas, false) AS areas,
    set_config('enermon.enterprise', :enterprise, false) AS enterprise,
    set_config('enermon.account', :account, false) AS account,
    set_config('enermon.credential', :credential, false) AS credential,
    set_config('enermon.request', :request, false) AS request,
    set_config('statement_timeout', :longest, false) AS longest;

-- name: reach()
SELECT current_setting('enermon.reach');

-- name: see(reach)
-- Until the end of the transaction.
SELECT set_config('enermon.reach', :reach, true) AS reach;
