-- What a connection is told each time it is taken from the pool; row-level security goes by it (migration 0022).

-- name: tell(reach, areas, enterprise, account, request)
SELECT
    set_config('enermon.reach', :reach, false),
    set_config('enermon.areas', :areas, false),
    set_config('enermon.enterprise', :enterprise, false),
    set_config('enermon.account', :account, false),
    set_config('enermon.request', :request, false);
