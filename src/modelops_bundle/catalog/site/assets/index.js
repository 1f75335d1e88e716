// The page with every model: what is asked for, what is found, and an address that says both.
"use strict";
(() => {
  const table = document.getElementById("models");
  const form = document.getElementById("controls");
  const pages = document.getElementById("pages");
  const field = (id) => document.getElementById(id);
  const FIELDS = ["q", "provider", "developer", "status", "context", "price"];
  const FIRST_SORT = { key: "released", down: true };

  const catalog = Catalog.read(table, JSON.parse(field("data").textContent));
  const colours = Plots.palette(catalog.models);
  let sort = FIRST_SORT;
  let page = 0;
  let found = [];
  let asOf = { day: null, states: [], later: 0 };

  // --- what is asked for ------------------------------------------------------------------------

  const option = (value, text = value) => Table.element("option", { value }, text);

  const fillControls = () => {
    const listed = (direct) => catalog.providers.filter(({ slug }) => catalog.direct.has(slug) === direct)
      .sort((a, b) => a.name.localeCompare(b.name, "en")).map(({ slug, name }) => option(slug, name));
    field("provider").append(
      Table.element("optgroup", { label: "With a page for each model" }, ...listed(true)),
      Table.element("optgroup", { label: "Others" }, ...listed(false)),
    );
    const developers = new Set(catalog.models.map((model) => model.developer));
    developers.delete("?");
    field("developer").append(...[...developers].sort().map((name) => option(name)), option("?", "not known"));
    field("status").append(...Catalog.STATUSES.map((name) => option(name)), option("?", "not known"));
  };

  const day = () => {
    const number = Catalog.dayNumber(field("on").value);
    return Number.isNaN(number) ? Catalog.dayNumber(catalog.on) : number;
  };

  const asked = () => {
    const price = field("price").value;
    return {
      words: field("q").value.toLowerCase().split(/\s+/).filter(Boolean),
      provider: field("provider").value,
      developer: field("developer").value,
      status: field("status").value,
      context: Number(field("context").value || 0),
      price: price === "" ? null : Number(price),
      can: [...form.querySelectorAll("[name=can]:checked")].map((box) => box.value),
    };
  };

  const fits = ({ model, status, prices }, want) =>
    want.words.every((word) => model.words.includes(word)) &&
    (!want.provider || model.provider.slug === want.provider) &&
    (!want.developer || model.developer === want.developer) &&
    (!want.status || status === want.status) &&
    // What can go in alone is never more than the whole context.
    (!want.context || Math.max(model.context ?? 0, model.maxInput ?? 0) >= want.context) &&
    (want.price === null || (Catalog.dollars(prices[0]) !== null && Catalog.dollars(prices[0]) <= want.price)) &&
    want.can.every((letter) => model.can.includes(letter));

  // --- what is found ----------------------------------------------------------------------------

  const statesAt = (number) => {
    if (asOf.day !== number) {
      const all = catalog.models.map((model) => Catalog.at(model, number));
      const states = all.filter((it) => it.released);
      asOf = { day: number, states, later: all.length - states.length };
    }
    return asOf.states;
  };

  const say = () => {
    const count = (number) => number.toLocaleString("en-US");
    const later = asOf.later ? `; ${count(asOf.later)} were released later` : "";
    field("found").textContent = `${count(found.length)} of ${count(asOf.states.length)} models${later}`;
  };

  const look = () => {
    const want = asked();
    found = Table.sorted(statesAt(day()).filter((it) => fits(it, want)), sort);
    page = Math.min(page, Math.max(0, Math.ceil(found.length / Table.PAGE) - 1));
    say();
    showRows();
    drawPlots();
  };

  const showRows = () => {
    Table.markSorted(table, sort);
    Table.show(table, found, page);
    Table.showPages(pages, found.length, page, (to) => {
      page = to;
      showRows();
      remember();
      table.parentElement.scrollTop = 0;
      field("models-title").scrollIntoView();
      table.parentElement.focus({ preventScroll: true });
    });
  };

  let plots = [];
  let drawing = 0;
  const drawPlots = () => {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => plots.forEach((plot) => plot.show(found)));
  };

  // --- the address ------------------------------------------------------------------------------

  const remember = () => {
    const said = new URLSearchParams();
    for (const id of FIELDS) if (field(id).value) said.set(id, field(id).value);
    const can = asked().can.join("");
    if (can) said.set("can", can);
    if (field("on").value && field("on").value !== catalog.on) said.set("on", field("on").value);
    if (sort !== FIRST_SORT) said.set("sort", (sort.down ? "-" : "") + sort.key);
    if (page) said.set("page", page + 1);
    const text = said.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };

  const recall = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const id of FIELDS) field(id).value = said.get(id) || "";
    for (const box of form.querySelectorAll("[name=can]")) box.checked = (said.get("can") || "").includes(box.value);
    field("on").value = said.get("on") || catalog.on;
    const [, down, key] = /^(-?)(.*)$/.exec(said.get("sort") || "");
    sort = Table.byKey(key) ? { key, down: down === "-" } : FIRST_SORT;
    page = Math.max(0, (parseInt(said.get("page"), 10) || 1) - 1);
  };

  // --- beginning --------------------------------------------------------------------------------

  const again = () => {
    page = 0;
    look();
    remember();
  };

  const begin = () => {
    fillControls();
    Table.head(table, ({ key, down = false }) => {
      sort = sort.key === key ? { key, down: !sort.down } : { key, down };
      again();
    });
    form.hidden = false;
    field("plots").hidden = false;
    plots = [Plots.scatter(field("prices"), colours), Plots.releases(field("releases"), colours)];
    recall();
    look();
    document.querySelector(".legend").open = false;
    document.documentElement.classList.remove("plain");
    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(again, 120);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => {
      field("on").value = catalog.on;
      sort = FIRST_SORT;
      again();
    }));
    addEventListener("hashchange", () => {
      if (!location.hash || location.hash.includes("=")) {
        recall();
        look();
      }
    });
    addEventListener("resize", drawPlots);
  };

  begin();
})();
