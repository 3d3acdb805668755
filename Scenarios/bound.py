#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Works out the upper bound of the energy that a scenario lets be delivered, with full knowledge.

For each scenario file: the largest sum of energy over slots (60 s up to 12 visits, else 300 s) with each car's rate at
most its own and its socket's maximum, the taper as a linear constraint, and the sum on each circuit, phase and slot at
most the slot's mean of what the limit leaves beside the background. No dead time, no start delay, no minimum.
Needs numpy and scipy. Prints the bound in kWh; with --write also puts it into the file, as kpi.bound_kwh.
"""
import csv, gzip, json, math, os, sys
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

MASK = (1 << 64) - 1


class Stream:
    def __init__(self, seed, name):
        h = 0xCBF29CE484222325
        for b in name.encode():
            h = ((h ^ b) * 0x100000001B3) & MASK
        self.s = (seed ^ h) & MASK

    def uniform(self):
        self.s = (self.s + 0x9E3779B97F4A7C15) & MASK
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6


def background(sc, folder):
    dt = sc.get("dt_s", 1.0)
    n = round(sc["duration_s"] / dt)
    t = np.arange(n) * dt
    ids = [c["id"] for c in sc["circuits"]]
    own = np.zeros((len(ids), 3, n))
    for k, b in enumerate(sc.get("background", [])):
        c = ids.index(b.get("circuit", ids[0]))
        if b["kind"] == "const":
            own[c] += np.array(b["amps"])[:, None]
        elif b["kind"] == "step":
            on = (t >= b["t_s"]) & (t < b["t_s"] + b["duration_s"])
            own[c] += np.array(b["amps"])[:, None] * on
        elif b["kind"] == "pulse":
            on = (t >= b["t_s"]) & (t < b["t_s"] + b["duration_s"])
            own[c] += np.array(b["amps"])[:, None] * (on & (np.mod(t - b["t_s"], b["period_s"]) < b["on_s"]))
        elif b["kind"] == "trace":
            path = os.path.join(folder, b["file"])
            with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
                rows = np.array([[float(x) for x in r] for r in list(csv.reader(f))[1:]])
            place = t + b.get("offset_s", 0)
            if b.get("wrap", True):
                place = np.mod(place, b.get("span_s", 86400))
            i = np.searchsorted(rows[:, 0], place, side="right") - 1
            order = b.get("phase_order", [1, 2, 3])
            for p in range(3):
                own[c, p] += np.where(i >= 0, rows[i, order[p]], 0) * b.get("scale", 1.0)
        elif b["kind"] == "noise":
            hold = max(1, round(b.get("hold_s", 1) / dt))
            a = math.exp(-b.get("hold_s", 1) / b["corr_s"])
            add = b["sigma_a"] * math.sqrt(1 - a * a)
            g, x = Stream(sc.get("seed", 0), f"noise{k}"), [0.0] * 3
            for j in range(n):
                if j % hold == 0:
                    for p in range(3):
                        x[p] = a * x[p] + add * g.normal()
                own[c, :, j] += x
    # From the leaves up.
    parent = [ids.index(c["parent"]) if c.get("parent") else None for c in sc["circuits"]]
    total = own.copy()
    for c in range(len(ids)):
        up = parent[c]
        while up is not None:
            total[up] += own[c]
            up = parent[up]
    return total, parent, ids


def bound(path):
    with open(path) as f:
        sc = json.load(f)
    dt = sc.get("dt_s", 1.0)
    total, parent, ids = background(sc, os.path.dirname(path))
    visits, n = sc["sessions"], total.shape[2]
    slot = round((60 if len(visits) <= 12 else 300) / dt)
    slots = -(-n // slot)
    sockets = {s["id"]: s for s in sc["sockets"]}
    kwh = sc.get("voltage_v", 230) * slot * dt / 3.6e6
    var, bounds, cost = [], [], []
    rows, cols, vals, rhs = [], [], [], []
    row = 0
    index = {}
    for v, s in enumerate(visits):
        so = sockets[s["socket"]]
        nc = min(s["phases"], len(so.get("phases", [1, 2, 3])))
        cap = min(s["max_a"], so["max_a"])
        for k in range(slots):
            lo, hi = max(k * slot * dt, s["arrive_s"]), min((k + 1) * slot * dt, s["depart_s"], n * dt)
            if hi <= lo:
                continue
            index[v, k] = len(var)
            var.append((v, k, nc))
            bounds.append((0, cap * (hi - lo) / (slot * dt)))
            cost.append(-nc * kwh)
    def add(items, limit):
        nonlocal row
        for i, x in items:
            rows.append(row); cols.append(i); vals.append(x)
        rhs.append(limit); row += 1
    for v, s in enumerate(visits):
        mine = [(k, index[v, k]) for k in range(slots) if (v, k) in index]
        nc = var[mine[0][1]][2] if mine else 1
        add([(i, nc * kwh) for _, i in mine], s["request_kwh"])
        taper, capacity, floor = s.get("taper_soc", 1.0), s.get("capacity_kwh", 60), s.get("taper_floor", 0.05)
        if taper < 1:
            for j, (k, i) in enumerate(mine):
                # rate <= max * (1 - soc) / (1 - taper), soc at the start of the slot.
                slope = s["max_a"] / (1 - taper)
                add([(i, 1.0)] + [(p, slope * nc * kwh / capacity) for _, p in mine[:j]],
                    slope * (1 - s.get("soc0", 0.2)))
    limits = [c["limit_a"] for c in sc["circuits"]]
    used = {}
    for i, (v, k, nc) in enumerate(var):
        so = sockets[visits[v]["socket"]]
        c = ids.index(so["circuit"])
        while c is not None:
            for p in so.get("phases", [1, 2, 3])[:nc]:
                used.setdefault((c, p - 1, k), []).append((i, 1.0))
            c = parent[c]
    for (c, p, k), items in sorted(used.items()):
        add(items, float(np.mean(np.maximum(0, limits[c] - total[c, p, k * slot:(k + 1) * slot]))))
    a = coo_matrix((vals, (rows, cols)), shape=(row, len(var))).tocsr()
    r = linprog(cost, A_ub=a, b_ub=rhs, bounds=bounds, method="highs")
    return -r.fun, len(var), sc


def main():
    for path in [a for a in sys.argv[1:] if a != "--write"]:
        value, count, sc = bound(path)
        print(f"{path}: {value:.4f} kWh, {count} variables")
        if "--write" in sys.argv:
            sc.setdefault("kpi", {})["bound_kwh"] = round(value, 4)
            with open(path, "w") as f:
                json.dump(sc, f, indent=1)
                f.write("\n")


if __name__ == "__main__":
    main()
