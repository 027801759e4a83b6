"""What a question may cost, known before it is answered: rows read, and sums in the answer.

An answer is to take 2 s and 100 MB at most: six million kept rows are summed a second, and a sum of an answer takes
some 19 µs and 1.5 kB until it is told (docs/decisions/0037).
"""

from services.api.errors import ProblemKind, Refused

MOST_READ = 5_000_000
MOST_SUMS = 60_000

TOO_MUCH = ProblemKind("too_much", 422, "The question asks for too much at once")


def require_affordable(*, sums: int, read: int = 0) -> None:
    """Refuse a question with more than 60 000 `sums` in its answer, or for which more than 5 million rows are read.

    Raises Refused(TOO_MUCH), which says what is too much, and how to ask for less.
    """
    if sums > MOST_SUMS:
        much = f"groups and periods make about {sums} sums; at most {MOST_SUMS} are formed at once"
    elif read > MOST_READ:
        much = f"about {read} kept sums of meters or places would be read; at most {MOST_READ} are at once"
    else:
        return
    raise Refused(TOO_MUCH, f"{much}: ask for a longer bucket, a shorter range, a narrower scope or fewer groups")
