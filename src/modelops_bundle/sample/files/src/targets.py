"""What a good model must reproduce."""

import csv

from modelops_bundle import calibration_target


@calibration_target(model_output="incidence", data={"observed": "data/observed_incidence.csv"})
def incidence_distance(simulated, data_paths):
    """Mean squared distance between simulated and observed daily cases."""
    with open(data_paths["observed"], newline="") as lines:
        observed = [int(row["cases"]) for row in csv.DictReader(lines)]
    pairs = list(zip(simulated["cases"], observed, strict=False))
    return sum((a - b) ** 2 for a, b in pairs) / len(pairs)


@calibration_target(model_output="prevalence", data={"observed": "data/observed_peak.csv"})
def peak_timing(simulated, data_paths):
    """Days between the simulated and the observed peak."""
    with open(data_paths["observed"], newline="") as lines:
        observed = int(next(csv.DictReader(lines))["peak_day"])
    infected = list(simulated["infected"])
    return abs(infected.index(max(infected)) - observed)
