"""The register of a counter, in whole numbers that run on where its unit or multiplier is declared to change."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby
from math import gcd, lcm

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, MeterRule, whole_pico
from services.energy.booking.span import Span, most_pico


class Register:
    """What a counter's values say, by its terms.

    A *position* is the value times the unit of its time, in steps of which every multiplier of the meter makes a whole
    number to 1e-12 of the carrier's unit: a declared change of unit makes no jump, and nothing is rounded twice. Of a
    meter with one multiplier a step is 1e-12 of the carrier's unit, the multiplier included.
    """

    def __init__(self, rule: MeterRule) -> None:
        self._rule = rule
        common = _common_multiple({term.multiplier for term in rule.terms})
        self._scales = [term.unit_pico * common for term in rule.terms]
        self._steps = [int(common / term.multiplier) for term in rule.terms]

    def positions(self, times_us: Sequence[int], values: Sequence[float]) -> list[int]:
        """The positions of these readings, in order of time."""
        found: list[int] = []
        for number, scale in enumerate(self._scales):
            later = self._rule.terms[number + 1 :]
            end = bisect_left(times_us, later[0].from_us, len(found)) if later else len(times_us)
            found += [whole_pico(value, scale) for value in values[len(found) : end]]
        return found

    def position(self, at_us: int, value: float) -> int:
        """The position of a value that the register has from the moment on."""
        return whole_pico(value, self._scales[self._rule.number_at(at_us)])

    def position_until(self, at_us: int, value: float) -> int:
        """The position of a value that the register had until the moment: the last one of a meter taken out."""
        return self.position(at_us - 1, value)

    def size(self, at_us: int) -> int | None:
        """The position at which the register rolls over to zero; None if that is not known."""
        size = self._rule.term_at(at_us).register_size
        return None if size is None else self.position(at_us, size)

    def most(self, start_us: int, end_us: int) -> int:
        """The greatest plausible rise of the position between two moments; at least that of one interval."""
        if len(self._scales) == 1:
            return most_pico(self._rule.newest, end_us - start_us)
        number = self._rule.number_at(end_us)
        term = self._rule.terms[number]
        if term.from_us <= min(start_us, end_us - SLOT_US, end_us - term.interval_us):
            return most_pico(term, end_us - start_us) * self._steps[number]
        general = self._most(min(start_us, end_us - SLOT_US), end_us, rated=False)
        return min(general, self._most(min(start_us, end_us - term.interval_us), end_us, rated=True))

    def _most(self, start_us: int, end_us: int, *, rated: bool) -> int:
        most_per_hour = MOST_PER_SLOT_PICO * HOUR_US // SLOT_US
        risen = 0
        for number, from_us, to_us in self._pieces(start_us, end_us):
            rating = self._rule.terms[number].rated_pico_per_hour if rated else None
            per_hour = most_per_hour if rating is None else rating
            risen += per_hour * self._steps[number] * (to_us - from_us)
        return risen // HOUR_US

    def longest_measured_us(self, start_us: int, end_us: int) -> int:
        """Between readings this long apart energy is still measured; over longer times it is only estimated."""
        return 2 * max(self._rule.term_at(start_us).interval_us, self._rule.term_at(end_us).interval_us)

    def energy(self, spans: Iterable[Span]) -> list[Span]:
        """Spans of positions as spans of energy: cut where the multiplier changes, in proportion to time."""
        energy: list[Span] = []
        for span in spans:
            length_us = span.end_us - span.start_us
            pieces = self._pieces(span.start_us, span.end_us)
            for steps, same in groupby(pieces, key=lambda piece: self._steps[piece[0]]):
                of_one_multiplier = [*same]
                from_us, to_us = of_one_multiplier[0][1], of_one_multiplier[-1][2]
                if to_us - from_us == length_us:
                    pico = span.quantity_pico // steps
                else:
                    pico = span.quantity_pico * (to_us - from_us) // (length_us * steps)
                energy.append(Span(from_us, to_us, pico, span.quality))
        return energy

    def _pieces(self, start_us: int, end_us: int) -> Iterable[tuple[int, int, int]]:
        """Which terms hold between the two moments, each from when to when."""
        first = self._rule.number_at(start_us)
        last = max(first, self._rule.number_at(end_us - 1))
        for number in range(first, last + 1):
            from_us = start_us if number == first else self._rule.terms[number].from_us
            yield number, from_us, end_us if number == last else self._rule.terms[number + 1].from_us


def multiplied(spans: list[Span], rule: MeterRule) -> list[Span]:
    """Spans of a counter's positions as spans of energy, each by the multiplier of its time."""
    return spans if len(rule.terms) == 1 else Register(rule).energy(spans)


def _common_multiple(multipliers: Iterable[Fraction]) -> Fraction:
    """The least number that is a whole multiple of each of these, all above zero."""
    listed = [*multipliers]
    return Fraction(lcm(*(m.numerator for m in listed)), gcd(*(m.denominator for m in listed)))
