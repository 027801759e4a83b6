"""What SQLAlchemy's Core has built is run as psycopg runs everything else."""

import psycopg
from sqlalchemy import bindparam, column, func, select, table

from services.core.db.built import run_built

AREA = table("area", column("code"), column("level"), column("name_en"))


def test_a_built_statement_is_run_with_its_values_bound(database: psycopg.Connection) -> None:
    leagues = select(AREA.c.code, AREA.c.level).where(
        AREA.c.level.in_(["league", "region"]), AREA.c.name_en.ilike("%ord%"), AREA.c.code != "150699' --"
    )
    assert run_built(database, leagues.limit(5)).mappings().all() == [{"code": "150600", "level": "league"}]
    of_level = select(AREA.c.code).where(AREA.c.level == bindparam("wanted")).order_by(AREA.c.code)
    assert run_built(database, of_level, wanted="region").scalar_one() == "150000"
    counted = select(func.count().label("areas")).select_from(leagues.subquery())
    assert run_built(database, counted).one().areas == 1
