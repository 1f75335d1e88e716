"""Three SIR models of one epidemic: with chance, without, and on a contact network."""

import random

from modelops_bundle import BaseModel

from rates import force_of_infection, recovery_probability
from settings import load_population, load_settings


class StochasticSIR(BaseModel):
    """Chain-binomial SIR: each day, chance decides who is infected and who recovers."""

    PARAMS = ("beta", "gamma", "days")
    OUTPUTS = ("incidence", "prevalence")

    def simulate(self, params, seed):
        """Run one epidemic and return its daily incidence and prevalence."""
        rng = random.Random(seed)
        settings = load_settings()
        susceptible, infected = self.start(settings)
        people = susceptible + infected
        rows = []
        for day in range(int(params.get("days", settings["days"]))):
            pressure = self.pressure(params, infected, people)
            new = self.draw(rng, susceptible, pressure)
            recovered = self.draw(rng, infected, recovery_probability(params["gamma"]))
            susceptible -= new
            infected += new - recovered
            rows.append((day, new, infected))
        return self.tables(rows)

    def start(self, settings):
        """Susceptible and infected people on the first day."""
        people = sum(load_population().values())
        return people - settings["initial_infected"], settings["initial_infected"]

    def pressure(self, params, infected, people):
        """Probability that a susceptible person is infected today."""
        return force_of_infection(params["beta"], infected, people)

    def draw(self, rng, people, probability):
        """How many of so many people have an event of this probability."""
        return sum(rng.random() < probability for _ in range(people))

    def tables(self, rows):
        """The outputs as columns."""
        days = [day for day, _, _ in rows]
        return {
            "incidence": {"day": days, "cases": [new for _, new, _ in rows]},
            "prevalence": {"day": days, "infected": [infected for _, _, infected in rows]},
        }


class DeterministicSIR(StochasticSIR):
    """The same epidemic with expected numbers in the place of chance; the seed has no effect."""

    def draw(self, rng, people, probability):
        """The expected number of events."""
        return people * probability


class NetworkSIR(StochasticSIR):
    """People meet a limited number of contacts, which slows the epidemic down."""

    PARAMS = ("beta", "gamma", "days", "contacts")

    def pressure(self, params, infected, people):
        """Probability that at least one of today's contacts infects."""
        each = force_of_infection(params["beta"], infected, people)
        return 1 - (1 - each / params.get("contacts", 8)) ** params.get("contacts", 8)
