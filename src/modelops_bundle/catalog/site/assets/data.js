// Models as records, read from the plain table, and what they are at a date.
"use strict";
const Catalog = (() => {
  const DAY = 86400000;
  const ABILITIES = { V: "vision", T: "tools", S: "structured output", R: "reasoning", L: "streaming" };
  const METERS = ["input", "output", "cached"];
  const STATUSES = ["production", "beta", "experimental", "deprecated", "retired"];

  const dayNumber = (text) => Math.round(Date.parse(text + "T00:00Z") / DAY);
  const firstDay = (text) => (text === "?" ? null : dayNumber((text + "-01-01").slice(0, 10)));
  const count = (text) => (text === "?" ? null : Number(text.replaceAll(",", "")));

  const readPrice = (text) => {
    if (text === "?") return null;
    const [, currency, amount] = /^(?:(\S+) )?(\S+)$/.exec(text);
    return { currency: currency || "USD", amount: Number(amount), text: amount };
  };

  const readRow = (row, provider, number, data) => {
    const cells = [...row.cells];
    const link = cells[0].querySelector("a");
    const text = (index) => cells[index].textContent.trim();
    const id = (link || cells[0].firstChild).textContent;
    const history = data.history[number] || {};
    const model = {
      id, provider, history,
      page: link && link.getAttribute("href"),
      name: cells[0].querySelector("i")?.textContent || null,
      developer: text(1), released: text(2), firstDay: firstDay(text(2)), shownStatus: text(3),
      context: count(text(4)), maxInput: count(text(5)), maxOutput: count(text(6)),
      shownPrices: [7, 8, 9].map((index) => readPrice(text(index))),
      can: text(10),
    };
    const names = (history.aliases || []).map(([alias]) => alias);
    model.words = [id, model.name || "", provider.slug, provider.name, model.developer, ...names].join(" ").toLowerCase();
    return model;
  };

  const read = (table, data) => {
    const models = [];
    const providers = [];
    for (const body of table.tBodies) {
      const [head, ...rows] = body.rows;
      const provider = { slug: body.dataset.p, name: head.textContent.trim() };
      providers.push(provider);
      for (const row of rows) models.push(readRow(row, provider, models.length, data));
    }
    return { models, providers, on: data.on, direct: new Set(data.direct) };
  };

  const holds = (from, to, day) => (from === 0 || from <= day) && (to === 0 || day < to);

  // Prices, status and names of a model at the beginning of a day (UTC), as the catalog's own rules have them.
  const at = (model, day) => {
    const { prices, aliases, status } = model.history;
    const released = model.firstDay === null || model.firstDay <= day;
    const found = METERS.map((_, column) => {
      if (!released) return null;
      if (!prices) return model.shownPrices[column];
      const row = prices.find(([which, , from, to]) => which === column && holds(from, to, day));
      return row ? readPrice(row[1]) : null;
    });
    const names = (aliases || []).filter(([, from, to]) => holds(from, to, day)).map(([alias]) => alias);
    return { model, released, prices: found, names: [...new Set(names)], status: statusAt(model, status, day) };
  };

  const statusAt = (model, recorded, day) => {
    if (!recorded) return model.shownStatus;
    const [status, deprecated, shutDown] = recorded;
    if (status === "retired" || (shutDown && day >= shutDown)) return "retired";
    return deprecated && day >= deprecated ? "deprecated" : status;
  };

  const dollars = (price) => (price && price.currency === "USD" ? price.amount : null);

  const LONGEST = 9;

  const priceText = (price) => {
    if (price.amount === 0) return "free";
    const rounded = price.text.length > LONGEST && price.amount < 1;
    const [whole, part = ""] = (rounded ? Number(price.amount.toPrecision(4)).toString() : price.text).split(".");
    const shown = (rounded ? "≈ " : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + "." + part.padEnd(2, "0");
    return price.currency === "USD" ? shown.replace(/(?=\d)/, "$") : price.currency + " " + shown;
  };

  return { ABILITIES, METERS, STATUSES, at, dayNumber, dollars, priceText, read };
})();
