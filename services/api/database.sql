-- What a transaction of a request is told before anything else; row-level security goes by it (migration 0022).

-- name: tell(reach, areas, enterprise, account, request)
SELECT
    set_config('enermon.reach', :reach, true),
    set_config('enermon.areas', :areas, true),
    set_config('enermon.enterprise', :enterprise, true),
    set_config('enermon.account', :account, true),
    set_config('enermon.request', :request, true);
