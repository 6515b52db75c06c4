"""What the measures of clusters are compared with, as a Python user would write them: numpy, scipy, polars, pandas, econcomplex.

    python mapping_peers.py table FILE [RUNS]        draws the table of benches/mapping.rs; numpy.corrcoef and scipy's Ward
    python mapping_peers.py panel FILE YEARS         draws a panel of 1,000 regions x 1,000 industries x YEARS
    python mapping_peers.py polars FILE OUT          its measures in polars, lazily, streamed to a file
    python mapping_peers.py pandas FILE OUT          the same in pandas, in memory
    python mapping_peers.py econcomplex FILE YEARS   complexity and density of its first YEARS in econcomplex

Each prints seconds and, where it computes, a number by which the same result is recognised.
"""
import sys
import time

import numpy as np

REGIONS, INDUSTRIES = 3100, 1000


def least(runs, work):
    """The result and the least time of several runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    return found, min(seconds)


def table(path, runs=7):
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    rng = np.random.default_rng(1)
    size = rng.lognormal(3, 1.5, REGIONS)
    factors = rng.normal(size=(40, REGIONS))
    values = np.empty((INDUSTRIES, REGIONS))
    for i in range(INDUSTRIES):
        values[i] = np.floor(size * np.exp(factors[i % 40] + rng.normal(size=REGIONS)))
    values.astype("<f8").tofile(path)
    correlation, seconds = least(runs, lambda: np.corrcoef(values))
    print(f"correlation {seconds:.6f} s, sum {correlation.sum():.9f}")
    distances, seconds = least(runs, lambda: pdist(correlation))
    print(f"distances {seconds:.6f} s")
    tree, seconds = least(runs, lambda: linkage(distances, "ward"))
    print(f"ward {seconds:.6f} s, last height {tree[-1, 2]:.9f}")


def panel(path, years):
    """A row group for every year; a fifth of the cells are empty."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(2)
    n = 1000
    region, industry = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    mean = np.exp(rng.normal(3, 1, n)[region] + rng.normal(0, 1, n)[industry] + rng.normal(0, 1, n * n))
    regions, industries, clusters = ([f"{p}{k:04}" for k in range(m)] for p, m in [("r", n), ("i", n), ("c", 50)])

    def text(codes, levels):
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(levels))

    writer = None
    for year in range(1970, 1970 + years):
        jobs = np.floor(mean * np.exp(rng.normal(0, 0.2, n * n))) * (rng.random(n * n) > 0.2)
        rows = pa.table({
            "region": text(region, regions), "industry": text(industry, industries),
            "cluster": text(industry % 50, clusters), "year": pa.array(np.full(n * n, year), pa.int32()),
            "employment": pa.array(jobs)})
        writer = writer or pq.ParquetWriter(path, rows.schema, compression="zstd")
        writer.write_table(rows)
    writer.close()


def polars(path, out):
    import polars as pl

    e = pl.col("employment")
    start, processor = time.perf_counter(), time.process_time()
    sums = {"e_r": ["region", "year"], "e_i": ["industry", "year"], "e_cr": ["cluster", "region", "year"],
            "e_c": ["cluster", "year"], "e": ["year"]}
    s, z = e / pl.col("e_r"), e / pl.col("e_i")
    nation, x = pl.col("e_i") / pl.col("e"), pl.col("e_r") / pl.col("e")
    lq = s / nation
    frame = (
        pl.scan_parquet(path)
        .with_columns(**{name: e.sum().over(by) for name, by in sums.items()})
        .with_columns(
            lq=lq, symmetric=(lq - 1) / (lq + 1), share=s,
            cluster_lq=(pl.col("e_cr") / pl.col("e_r")) / (pl.col("e_c") / pl.col("e")),
            strength=((pl.col("e_cr") - e) / pl.col("e_r")) / ((pl.col("e_c") - pl.col("e_i")) / pl.col("e")),
            krugman=(s - nation).abs().sum().over("region", "year"),
            herfindahl=(s**2).sum().over("region", "year"),
            entropy=(-pl.when(s > 0).then(s * s.log(2)).otherwise(0)).sum().over("region", "year"),
            hachman=1 / (s**2 / nation).sum().over("region", "year"),
            diversity=(lq >= 1).sum().over("region", "year"),
            ubiquity=(lq >= 1).sum().over("industry", "year"),
            hoover=(z - x).abs().sum().over("industry", "year") / 2,
            concentration=((z - x) ** 2).sum().over("industry", "year"))
        .drop(list(sums) + ["cluster", "employment"]))
    frame.sink_parquet(out)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    sums = pl.col("lq", "strength", "krugman", "hoover").fill_nan(None).sum()
    found = pl.scan_parquet(out).select(pl.len().alias("rows"), sums).collect()
    print(f"polars {seconds:.3f} s, of processors {processor:.3f} s, {found.row(0)[0] / seconds:.0f} rows a second, {found.row(0)}")


def pandas(path, out):
    import pandas as pd

    start, processor = time.perf_counter(), time.process_time()
    data = pd.read_parquet(path)
    e, keys = data["employment"], {"e_r": ["region", "year"], "e_i": ["industry", "year"],
                                   "e_cr": ["cluster", "region", "year"], "e_c": ["cluster", "year"], "e": ["year"]}

    def over(values, by):
        return values.groupby([data[name] for name in by], observed=True).transform("sum")

    sums = {name: over(e, by) for name, by in keys.items()}
    s, z = e / sums["e_r"], e / sums["e_i"]
    nation, x = sums["e_i"] / sums["e"], sums["e_r"] / sums["e"]
    lq = s / nation
    region, industry = keys["e_r"], keys["e_i"]
    found = data[["region", "industry", "year"]].assign(
        lq=lq, symmetric=(lq - 1) / (lq + 1), share=s,
        cluster_lq=(sums["e_cr"] / sums["e_r"]) / (sums["e_c"] / sums["e"]),
        strength=((sums["e_cr"] - e) / sums["e_r"]) / ((sums["e_c"] - sums["e_i"]) / sums["e"]),
        krugman=over((s - nation).abs(), region), herfindahl=over(s**2, region),
        entropy=over(-(s * np.log2(s.where(s > 0))).fillna(0), region), hachman=1 / over(s**2 / nation, region),
        diversity=over((lq >= 1).astype(float), region), ubiquity=over((lq >= 1).astype(float), industry),
        hoover=over((z - x).abs(), industry) / 2, concentration=over((z - x) ** 2, industry))
    found.to_parquet(out, compression="zstd")
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    totals = tuple(float(found[name].sum()) for name in ["lq", "strength", "krugman", "hoover"])
    print(f"pandas {seconds:.3f} s, of processors {processor:.3f} s, {len(found) / seconds:.0f} rows a second, {totals}")


def econcomplex(path, years):
    import econcomplex as ec
    import pandas as pd

    columns = ["region", "industry", "year", "employment"]
    data = pd.read_parquet(path, columns=columns, filters=[("year", "<", 1970 + years)])
    start, processor = time.perf_counter(), time.process_time()
    total = 0.0
    for _, rows in data.groupby("year"):
        matrix = rows.pivot(index="region", columns="industry", values="employment")
        regions, _ = ec.eci_pci(matrix)
        density = ec.relatedness_density(matrix)
        total += float(np.abs(np.asarray(regions)).sum())
        size = float(np.asarray(density).sum())
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    print(f"econcomplex {seconds:.3f} s, of processors {processor:.3f} s, {len(data) / seconds:.0f} rows a second, complexity {total:.6f}, density of the last year {size:.6f}")


if __name__ == "__main__":
    command, path, *rest = sys.argv[1:]
    {"table": table, "panel": panel, "polars": polars, "pandas": pandas, "econcomplex": econcomplex}[command](
        path, *[int(text) if text.isdigit() else text for text in rest])
