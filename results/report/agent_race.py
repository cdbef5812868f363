"""Where a run has several agents: who of them is the first to a direct path, behind the same NATs. Nothing here draws."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One pair of NATs. `cells` follow `Race.teams`; None where a team did not run. `fastest` are places in it."""

    client: str
    connector: str
    cells: list
    fastest: list


@dataclasses.dataclass(frozen=True)
class Race:
    teams: list  # "libnice" with itself, or "libnice to pion"
    rows: list
    wins: list  # (team, rows in which it is the fastest), most first


def split(label):
    """(agent, NAT) of "libnice:symmetric"; no agent where our own core runs inside the world."""
    agent, colon, nat = label.partition(":")
    return (agent, nat) if colon else ("", label)


def _median(cell):
    median = cell and cell.summary["time_to_direct_ms"]["p50"]
    return float("inf") if median is None else median


def _row(client, connector, cells):
    medians = [_median(cell) for cell in cells]
    best = min(medians)
    return Row(client, connector, cells, [i for i, median in enumerate(medians) if median == best < float("inf")])


def of_group(group):
    """Nothing unless two teams or more ran. Pairs of NATs behind which nobody was ever direct are left out."""
    found = {}
    for cell in group.cells:
        (a, x), (b, y) = split(cell.client), split(cell.connector)
        found.setdefault((x, y), {})[a if a == b else f"{a} to {b}"] = cell
    teams = list(dict.fromkeys(team for cells in found.values() for team in cells))
    if len(teams) < 2:
        return None
    rows = [_row(x, y, [cells.get(team) for team in teams]) for (x, y), cells in found.items()
            if any(cell.summary["direct"]["count"] for cell in cells.values())]
    wins = [(team, sum(i in row.fastest for row in rows)) for i, team in enumerate(teams)]
    return Race(teams, rows, sorted(filter(lambda win: win[1], wins), key=lambda win: -win[1]))
