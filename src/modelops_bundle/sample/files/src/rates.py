"""Rates that the models share."""

SEASONAL_BOOST = 1.15
SHORTEST_INFECTION_DAYS = 2.0


def force_of_infection(beta, infected, people):
    """Daily probability of infection for one susceptible person."""
    return min(1.0, beta * SEASONAL_BOOST * infected / people)


def recovery_probability(gamma):
    """Daily probability of recovery, limited by the shortest infection that is possible."""
    return min(gamma, 1.0 / SHORTEST_INFECTION_DAYS)
