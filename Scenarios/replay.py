#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the loads and cars of a scenario again, from the setpoints of a recorded run, and compares every step.

    headroom simulate mine.json --controller headroom --csv steps.csv
    python3 Scenarios/replay.py mine.json steps.csv

A second implementation of the plant, apart from meters and commands. For scenarios with one circuit, steps of 1 s and
without trips. Prints the largest differences; ends with 1 when one is more than the table's last digit.
"""
import csv
import json
import math
import os
import sys

from bound import background


def drive(visit, socket, setpoints, voltage):
    """The current of a visit in each step, and its energy."""
    arrive, depart = round(visit["arrive_s"]), min(round(visit["depart_s"]), len(setpoints))
    lag = math.ceil(visit.get("lag_s", 1))
    before = setpoints[arrive - 1] if arrive > 0 else socket.get("initial_a", 0)
    conductors = min(visit["phases"], len(socket.get("phases", [1, 2, 3])))
    tau, floor, taper = visit.get("tau_s", 0.5), visit.get("taper_floor", 0.05), visit.get("taper_soc", 1.0)
    follow = 1 - math.exp(-1 / tau) if tau > 0 else 1
    current, energy, wants, was_allowed, wait = 0.0, 0.0, True, False, 0
    for tick in range(arrive, depart):
        offered = setpoints[tick - lag] if tick - lag >= arrive else before
        allowed = offered >= visit.get("min_a", 6)
        if allowed and not was_allowed:
            wait = visit.get("resume_delay_s", 5)
        was_allowed, target = allowed, 0.0
        if allowed and wants:
            wait -= 1
            if wait < 0:
                target = min(offered - visit.get("undershoot_a", 0), visit["max_a"], socket["max_a"])
                if visit.get("quant_a", 0) > 0:
                    target = math.floor(target / visit["quant_a"]) * visit["quant_a"]
                charge = visit.get("soc0", 0.2) + energy / visit.get("capacity_kwh", 60)
                if charge > taper:
                    target = min(target, visit["max_a"] * max(floor, (1 - charge) / (1 - taper)))
                target = max(target, 0)
        change = (target - current) * follow
        current += min(max(change, -visit.get("ramp_down_a_s", math.inf)), visit.get("ramp_up_a_s", math.inf))
        if current < 0.01:
            current = 0.0
        energy += current * conductors * voltage / 3.6e6
        wants = wants and energy < visit["request_kwh"]
        yield tick, current, conductors


def main():
    path, table = sys.argv[1:]
    with open(path) as file:
        scenario = json.load(file)
    with open(table) as file:
        rows = list(csv.DictReader(file))
    assert len(scenario["circuits"]) == 1 and scenario.get("dt_s", 1) == 1, "one circuit and steps of 1 s"
    name = scenario["circuits"][0]["id"]
    grid = background(scenario, os.path.dirname(path))[0][0]
    worst = 0.0
    for socket in scenario["sockets"]:
        setpoints = [float(row[socket["id"] + "_setpoint_a"]) for row in rows]
        drawn = [0.0] * len(rows)
        for visit in scenario["sessions"]:
            if visit["socket"] != socket["id"]:
                continue
            for tick, current, conductors in drive(visit, socket, setpoints, scenario.get("voltage_v", 230)):
                drawn[tick] = current
                for phase in socket.get("phases", [1, 2, 3])[:conductors]:
                    grid[phase - 1, tick] += current
        for tick, row in enumerate(rows):
            worst = max(worst, abs(drawn[tick] - float(row[socket["id"] + "_current_a"])))
    print(f"sockets: at most {worst:.5f} A apart")
    for phase in range(3):
        for tick, row in enumerate(rows):
            worst = max(worst, abs(grid[phase, tick] - float(row[f"{name}_l{phase + 1}_a"])))
    print(f"sockets and {name}: at most {worst:.5f} A apart in {len(rows)} steps")
    sys.exit(1 if worst > 0.00051 else 0)


if __name__ == "__main__":
    main()
