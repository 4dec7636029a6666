"""What came of the attempts: a line each, and the two columns side by side."""
import collections

# held_by: None if terminal/kiosk blocks it, so that it must get through without; else who blocks it there as well.
Attempt = collections.namedtuple("Attempt", "row what problems held_by")


class Verdicts:
    def __init__(self):
        self.attempts = []

    def say(self, row, what, problems, held_by=None, note=""):
        self.attempts.append(Attempt(row, what, problems, held_by))
        note = f" ({note})" if note else ""
        print(f"{'not ok' if problems else 'ok'} {row} {what}{note}" + (f": {'; '.join(problems)}" if problems else ""), flush=True)

    def through(self):
        return [attempt for attempt in self.attempts if attempt.problems]

    def unproven(self):
        """Of a run without terminal/kiosk: what it did not let through, though only terminal/kiosk is said to hold it."""
        return [attempt for attempt in self.attempts if not attempt.held_by and not attempt.problems]

    def locks(self):
        return sum(not attempt.held_by for attempt in self.attempts)


def table(shipped, careless):
    """A line for each attempt of either run: as shipped, without the configuration."""
    columns = [{(a.row, a.what): a for a in run.attempts} for run in (shipped, careless)]
    print(f"\n{'attempt':64} {'shipped':12} without terminal/kiosk")
    for row, what in dict.fromkeys([*columns[0], *columns[1]]):
        with_it, without = (column.get((row, what)) for column in columns)
        first = "not tried" if with_it is None else "GOT THROUGH" if with_it.problems else "blocked"
        if without is None:
            second = "not tried"
        elif without.problems:
            second = "got through: " + without.problems[0][:90]
        else:
            second = f"blocked by {without.held_by}" if without.held_by else "BLOCKED: proves nothing"
        print(f"{row + ' ' + what:64} {first:12} {second}")
    print(flush=True)
