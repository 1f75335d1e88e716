// The table of the models found: a head that sorts, a page of rows, and the way to other pages.
"use strict";
const Table = (() => {
  const PAGE = 100;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children); // text stays text
    return made;
  };

  const unknown = () => element("span", { class: "unknown" },
    element("span", { "aria-hidden": "true" }, "?"), element("span", { class: "unseen" }, "not known"));

  const nameCell = ({ model, names }) => {
    const id = model.page ? element("a", { href: model.page }, model.id) : document.createTextNode(model.id);
    const cell = [id];
    if (model.name) cell.push(element("i", {}, model.name));
    for (const name of names) {
      if (name !== model.id) cell.push(element("s", {}, element("span", { class: "unseen" }, "alias "), name));
    }
    return cell;
  };

  const abilitiesCell = ({ model }) => {
    const chips = [];
    let can = 0;
    for (const [letter, word] of Object.entries(Catalog.ABILITIES)) {
      if (model.can.includes(letter)) {
        chips.push(element("span", { class: "can" }, word), " ");
        can += 1;
      }
    }
    if (can === 0) chips.push(model.can.includes("?") ? unknown() : "none of these");
    return chips;
  };

  const countCell = (number) => [number === null ? unknown() : number.toLocaleString("en-US")];
  const textCell = (text) => [text === "?" ? unknown() : text];
  const priceCell = (price) => [price === null ? unknown() : Catalog.priceText(price)];
  const textKey = (text) => (text === "?" ? null : text.toLowerCase());
  const canKey = ({ can }) => [...can].filter((mark) => mark in Catalog.ABILITIES).length || (can.includes("?") ? null : 0);

  // Dollars sort before other currencies, which cannot be compared with them.
  const priceKey = (price) => (price === null ? null : price.currency === "USD" ? price.amount : 1e12 + price.amount);

  const COLUMNS = [
    { key: "model", title: "Model", cell: nameCell, by: (it) => it.model.id.toLowerCase() },
    { key: "provider", title: "Provider", cell: (it) => [it.model.provider.name], by: (it) => it.model.provider.name.toLowerCase() },
    { key: "developer", title: "Developer", cell: (it) => textCell(it.model.developer), by: (it) => textKey(it.model.developer) },
    { key: "released", title: "Released", cell: (it) => textCell(it.model.released), by: (it) => it.model.firstDay, down: true },
    { key: "status", title: "Status", cell: (it) => [it.status === "?" ? unknown() : element("span", { class: "status " + it.status }, it.status)],
      by: (it) => (it.status === "?" ? null : Catalog.STATUSES.indexOf(it.status)) },
    { key: "context", title: "Context", number: true, down: true, cell: (it) => countCell(it.model.context), by: (it) => it.model.context },
    { key: "max-input", title: "Max input", number: true, down: true, cell: (it) => countCell(it.model.maxInput), by: (it) => it.model.maxInput },
    { key: "max-output", title: "Max output", number: true, down: true, cell: (it) => countCell(it.model.maxOutput), by: (it) => it.model.maxOutput },
    ...Catalog.METERS.map((meter, index) => ({
      key: meter, title: ["Input", "Output", "Cached"][index], unit: "$ per 1M", number: true,
      cell: (it) => priceCell(it.prices[index]), by: (it) => priceKey(it.prices[index]),
    })),
    { key: "can", title: "Can do", down: true, cell: abilitiesCell, by: (it) => canKey(it.model) },
  ];

  const byKey = (key) => COLUMNS.find((column) => column.key === key);

  // What is not known comes last, whichever way it is sorted; equals keep the catalog's order.
  const sorted = (found, { key, down }) => {
    const { by } = byKey(key);
    const keyed = found.map((it) => [by(it), it]);
    const sign = down ? -1 : 1;
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return a < b ? -sign : a > b ? sign : 0;
    });
    return keyed.map(([, it]) => it);
  };

  const head = (table, onSort) => {
    const row = element("tr");
    for (const column of COLUMNS) {
      const button = element("button", { type: "button", "data-key": column.key }, element("span", {}, column.title));
      if (column.unit) button.append(element("small", {}, column.unit));
      button.addEventListener("click", () => onSort(column));
      row.append(element("th", { scope: "col", role: "columnheader", class: column.number ? "number" : "text" }, button));
    }
    row.setAttribute("role", "row");
    table.tHead.replaceChildren(row);
    table.tHead.setAttribute("role", "rowgroup");
    table.setAttribute("role", "table"); // kept by browsers where rows are drawn as cards
  };

  const markSorted = (table, { key, down }) => {
    for (const button of table.tHead.querySelectorAll("button")) {
      const cell = button.parentElement;
      if (button.dataset.key === key) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  };

  const rowOf = (it) => {
    const row = element("tr", { role: "row" });
    COLUMNS.forEach((column, index) => {
      const first = index === 0;
      const attributes = first
        ? { scope: "row", role: "rowheader" }
        : { role: "cell", class: column.number ? "number" : "text", "data-label": column.title };
      row.append(element(first ? "th" : "td", attributes, ...column.cell(it)));
    });
    return row;
  };

  const show = (table, found, page) => {
    const body = element("tbody", { role: "rowgroup" });
    for (const it of found.slice(page * PAGE, (page + 1) * PAGE)) body.append(rowOf(it));
    for (const old of [...table.tBodies]) old.remove();
    table.append(body);
  };

  const showPages = (nav, count, page, onPage) => {
    const last = Math.max(0, Math.ceil(count / PAGE) - 1);
    nav.hidden = last === 0;
    const button = (title, to, usable) => {
      const made = element("button", { type: "button" }, title);
      made.disabled = !usable;
      made.addEventListener("click", () => onPage(to));
      return made;
    };
    const from = (page * PAGE + 1).toLocaleString("en-US");
    const to = Math.min(count, (page + 1) * PAGE).toLocaleString("en-US");
    nav.replaceChildren(
      button("First", 0, page > 0),
      button("Previous", page - 1, page > 0),
      element("span", {}, `${from} to ${to} of ${count.toLocaleString("en-US")}`),
      button("Next", page + 1, page < last),
      button("Last", last, page < last),
    );
  };

  return { PAGE, byKey, element, head, markSorted, show, showPages, sorted };
})();
