// Two plots of the models found. Each has a readout that pointer and arrow keys fill, and a table with the same.
"use strict";
const Plots = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const NAMED = 7; // developers with a colour of their own
  const MOST_NAMED = 6; // models that a readout names
  const draw = (name, attributes = {}, text = "") => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };
  const html = (...rest) => Table.element(...rest);
  const many = (count, word = "model") => `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;
  const short = (number) => (number >= 1e6 ? number / 1e6 + "M" : number >= 1e3 ? number / 1e3 + "K" : String(number));
  const counted = (items) => {
    const counts = new Map();
    for (const item of items) counts.set(item, (counts.get(item) || 0) + 1);
    return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  };

  // The same developers have the same colours, whatever is found.
  const palette = (models) => {
    const known = models.map((model) => model.developer).filter((name) => name !== "?");
    const names = counted(known).slice(0, NAMED).map(([name]) => name);
    const of = (name) => (names.includes(name) ? names.indexOf(name) : NAMED);
    return { names: [...names, "others"], of };
  };

  const legend = (colours) => html("p", { class: "keys" },
    ...colours.names.map((name, index) => html("span", { class: "key k" + index }, name)));

  const frame = (figure, id, title, hint, colours) => {
    const readout = html("p", { class: "readout", role: "status" }, hint);
    const area = html("div", { class: "area", role: "application", tabindex: "0", "aria-label": `${title}. The arrow keys go from mark to mark.` });
    const summary = html("summary", {}, "The same as a table");
    const alternative = html("details", {}, summary);
    figure.replaceChildren(html("figcaption", { id: id + "-title" }, title), area, readout, legend(colours), alternative);
    return { area, readout, alternative, hint, marks: [], chosen: -1 };
  };

  const choose = (plot, index) => {
    plot.chosen = index;
    const mark = plot.marks[index];
    plot.ring.setAttribute("visibility", mark ? "visible" : "hidden");
    if (!mark) return plot.readout.replaceChildren(plot.hint);
    for (const [key, value] of Object.entries(mark.ring)) plot.ring.setAttribute(key, value);
    plot.readout.replaceChildren(...mark.says());
  };

  const listen = (plot, nearest) => {
    plot.area.addEventListener("keydown", (event) => {
      const last = plot.marks.length - 1;
      const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 20, PageDown: -20 };
      let index = null;
      if (event.key in steps) index = Math.min(last, Math.max(0, plot.chosen + steps[event.key]));
      else if (event.key === "Home") index = 0;
      else if (event.key === "End") index = last;
      else if (event.key === "Escape") index = -1;
      if (index === null || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      choose(plot, index);
    });
    plot.area.addEventListener("pointermove", (event) => {
      const box = plot.area.getBoundingClientRect();
      const index = nearest(event.clientX - box.left, event.clientY - box.top);
      if (index >= 0 && index !== plot.chosen) choose(plot, index);
    });
  };

  const canvas = (plot, height) => {
    const width = Math.max(280, Math.round(plot.area.clientWidth));
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    plot.area.replaceChildren(svg);
    return { svg, width, height };
  };

  const tableOf = (heads, rows) => {
    const head = html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)));
    const body = rows.map(([first, ...rest]) =>
      html("tr", {}, html("th", { scope: "row" }, first), ...rest.map((text) => html("td", {}, text))));
    return html("table", { class: "list" }, html("thead", {}, head), html("tbody", {}, ...body));
  };

  const alternate = (plot, ...content) => plot.alternative.replaceChildren(plot.alternative.firstChild, ...content);

  // --- input price against context -------------------------------------------------------------

  const BANDS = [0, 8000, 32000, 128000, 200000, 1000000, Infinity];

  const namesOf = (members) => {
    const shown = [];
    members.slice(0, MOST_NAMED).forEach(({ model }, index) => {
      const name = `${model.provider.slug}/${model.id}`;
      shown.push(index ? ", " : "", model.page ? html("a", { href: model.page }, name) : name);
    });
    const left = members.length - MOST_NAMED;
    return left > 0 ? [...shown, ` and ${left.toLocaleString("en-US")} more`] : shown;
  };

  const gathered = (found) => {
    const points = new Map();
    for (const it of found) {
      const price = Catalog.dollars(it.prices[0]);
      if (price === null || !it.model.context) continue;
      const key = it.model.context + " " + price;
      if (!points.has(key)) points.set(key, { context: it.model.context, price, members: [] });
      points.get(key).members.push(it);
    }
    return [...points.values()].sort((a, b) => a.context - b.context || a.price - b.price);
  };

  const decades = (low, high) => {
    const found = [];
    for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * 1.0001; power += 1) found.push(Number("1e" + power));
    return found;
  };

  const ends = (numbers, least, most) => numbers.length === 0 ? [least, most]
    : [numbers.reduce((a, b) => Math.min(a, b)) / 1.4, numbers.reduce((a, b) => Math.max(a, b)) * 1.4];

  const scatter = (figure, colours) => {
    const title = "Input price against context, both logarithmic";
    const plot = frame(figure, "prices", title, "Point at a mark, or go to the plot and use the arrow keys.", colours);
    listen(plot, (x, y) => {
      let best = -1;
      let least = 16 ** 2;
      plot.marks.forEach((mark, index) => {
        const distance = (mark.x - x) ** 2 + (mark.y - y) ** 2;
        if (distance < least) [best, least] = [index, distance];
      });
      return best;
    });
    return { show: (found) => showScatter(plot, found, colours) };
  };

  const showScatter = (plot, found, colours) => {
    const points = gathered(found);
    const { svg, width, height } = canvas(plot, 320);
    const [left, right, top, floor] = [52, width - 14, 22, height - 70];
    const strip = height - 52;
    const [x0, x1] = ends(points.map((point) => point.context), 1e3, 1e6);
    const [y0, y1] = ends(points.map((point) => point.price).filter((price) => price > 0), 0.01, 100);
    const x = (value) => left + (Math.log(value / x0) / Math.log(x1 / x0)) * (right - left);
    const y = (value) => (value === 0 ? strip : floor - (Math.log(value / y0) / Math.log(y1 / y0)) * (floor - top));
    for (const at of decades(x0, x1)) {
      svg.append(draw("line", { class: "grid", x1: x(at), x2: x(at), y1: top, y2: strip + 10 }));
      svg.append(draw("text", { class: "tick", x: x(at), y: height - 24, "text-anchor": "middle" }, short(at)));
    }
    for (const at of decades(y0, y1)) {
      svg.append(draw("line", { class: "grid", x1: left, x2: right, y1: y(at), y2: y(at) }));
      svg.append(draw("text", { class: "tick", x: left - 8, y: y(at) + 4, "text-anchor": "end" }, "$" + at));
    }
    svg.append(draw("line", { class: "grid", x1: left, x2: right, y1: strip, y2: strip }));
    svg.append(draw("text", { class: "tick", x: left - 8, y: strip + 4, "text-anchor": "end" }, "free"));
    svg.append(draw("text", { class: "axis", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, "Context window, tokens"));
    svg.append(draw("text", { class: "axis", x: 2, y: 10 }, "$ per 1M tokens of input"));
    const marks = draw("g");
    svg.append(marks);
    plot.marks = points.map((point) => {
      const size = Math.min(9, 2.2 + Math.sqrt(point.members.length));
      const place = { cx: x(point.context).toFixed(1), cy: y(point.price).toFixed(1) };
      const [[developer]] = counted(point.members.map(({ model }) => model.developer));
      const colour = colours.of(developer);
      // The many others lie below those that have a colour.
      marks[colour === NAMED ? "prepend" : "append"](draw("circle", { ...place, r: size.toFixed(1), class: "mark k" + colour }));
      const price = point.price === 0 ? "free" : "$" + point.price;
      return {
        x: Number(place.cx), y: Number(place.cy), ring: { ...place, r: size + 3 },
        says: () => [html("b", {}, `${price}, ${point.context.toLocaleString("en-US")} tokens: ${many(point.members.length)}. `), ...namesOf(point.members)],
      };
    });
    plot.ring = draw("circle", { class: "ring", visibility: "hidden" });
    svg.append(plot.ring);
    choose(plot, -1);
    alternate(plot, ...bandTable(points, found.length));
  };

  const bandTable = (points, count) => {
    const rows = [];
    let shown = 0;
    for (let band = 0; band + 1 < BANDS.length; band += 1) {
      const [from, to] = [BANDS[band], BANDS[band + 1]];
      const prices = points.filter(({ context }) => from <= context && context < to)
        .flatMap(({ price, members }) => members.map(() => price)).sort((a, b) => a - b);
      shown += prices.length;
      const name = to === Infinity ? `${short(from)} and more` : from === 0 ? `under ${short(to)}` : `${short(from)} to under ${short(to)}`;
      const money = (price) => (price === undefined ? "none" : price === 0 ? "free" : "$" + price);
      rows.push([name, many(prices.length), money(prices[0]), money(prices[Math.floor((prices.length - 1) / 2)]), money(prices.at(-1))]);
    }
    const rest = `${many(count - shown)} without a known context or price in dollars are not in it; the table of models below has each.`;
    return [tableOf(["Context, tokens", "Models", "Lowest", "Median", "Highest"], rows), html("p", {}, rest)];
  };

  // --- releases over time ----------------------------------------------------------------------

  const MOST_BARS = 60;
  const LONG_AGO = 0.002; // of all models: the first ones are not drawn, so that one wrong date takes no space
  const month = (text) => (text.length < 7 ? null : Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1);
  const year = (at) => String(Math.floor(at / 12));

  const barsOf = (found) => {
    const months = found.map((it) => month(it.model.released));
    const known = months.filter((at) => at !== null).sort((a, b) => a - b);
    if (known.length === 0) return { bars: [], step: 1, drawn: 0 };
    const early = Math.floor(known.length * LONG_AGO);
    const [low, high] = [known[early], known.at(-1)];
    const step = [1, 3, 12].find((size) => (high - low) / size < MOST_BARS) || 12;
    const first = Math.floor(low / step);
    const bars = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => ({ at: (first + index) * step, members: [] }));
    months.forEach((at, index) => {
      const bar = at === null ? undefined : bars[Math.floor(at / step) - first];
      if (bar) bar.members.push(found[index]);
    });
    return { bars, step, drawn: bars.reduce((sum, { members }) => sum + members.length, 0) };
  };

  const barName = ({ at }, step) => {
    if (step === 12) return year(at);
    if (step === 3) return `${year(at)}, quarter ${Math.floor((at % 12) / 3) + 1}`;
    return `${year(at)}-${String((at % 12) + 1).padStart(2, "0")}`;
  };

  const releases = (figure, colours) => {
    const plot = frame(figure, "releases", "Releases over time", "Point at a bar, or go to the plot and use the arrow keys.", colours);
    listen(plot, (x) => plot.marks.findIndex((mark) => mark.from <= x && x < mark.to));
    return { show: (found) => showReleases(plot, found, colours) };
  };

  const showReleases = (plot, found, colours) => {
    const { bars, step, drawn } = barsOf(found);
    const { svg, width, height } = canvas(plot, 320);
    const [left, right, top, floor] = [44, width - 14, 14, height - 44];
    const most = bars.reduce((highest, { members }) => Math.max(highest, members.length), 1);
    const wide = (right - left) / Math.max(1, bars.length);
    const y = (count) => floor - (count / most) * (floor - top);
    for (const part of [...new Set([0, 0.5, 1].map((each) => Math.round(each * most)))]) {
      svg.append(draw("line", { class: "grid", x1: left, x2: right, y1: y(part), y2: y(part) }));
      svg.append(draw("text", { class: "tick", x: left - 8, y: y(part) + 4, "text-anchor": "end" }, part.toLocaleString("en-US")));
    }
    let written = -Infinity;
    plot.marks = bars.map((bar, index) => {
      const from = left + index * wide;
      if (bar.at % 12 === 0 && from - written > 34 && from < right - 26) {
        written = from;
        svg.append(draw("text", { class: "tick", x: from, y: height - 26, "text-anchor": "start" }, year(bar.at)));
      }
      stack(svg, bar, from, Math.max(1, wide - 1.5), y, colours);
      const ring = { x: from - 1, y: y(bar.members.length) - 2, width: Math.max(3, wide + 0.5), height: floor - y(bar.members.length) + 3 };
      return { from, to: from + wide, ring, says: () => barSays(bar, step) };
    });
    svg.append(draw("text", { class: "axis", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, `Models by the ${{ 1: "month", 3: "quarter", 12: "year" }[step]} of their release`));
    plot.ring = draw("rect", { class: "ring", visibility: "hidden" });
    svg.append(plot.ring);
    choose(plot, -1);
    const rows = bars.filter(({ members }) => members.length).reverse().map((bar) => [barName(bar, step), many(bar.members.length), developersOf(bar)]);
    const rest = `${many(found.length - drawn)} whose month of release is not known, or long before the others, are not in it.`;
    alternate(plot, html("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Releases over time as a table" }, tableOf(["Released", "Models", "Most of them by"], rows)), html("p", {}, rest));
  };

  const stack = (svg, bar, from, wide, y, colours) => {
    const counts = new Array(NAMED + 1).fill(0);
    for (const { model } of bar.members) counts[colours.of(model.developer)] += 1;
    let below = 0;
    counts.forEach((count, index) => {
      if (count === 0) return;
      const [upper, lower] = [y(below + count), y(below)];
      svg.append(draw("rect", { class: "block k" + index, x: from.toFixed(1), y: upper.toFixed(1), width: wide.toFixed(1), height: (lower - upper).toFixed(1) }));
      below += count;
    });
  };

  const developersOf = (bar) => counted(bar.members.map(({ model }) => (model.developer === "?" ? "not known" : model.developer)))
    .slice(0, 3).map(([name, count]) => `${name} ${count}`).join(", ");

  const barSays = (bar, step) => [html("b", {}, `${barName(bar, step)}: ${many(bar.members.length)}. `), developersOf(bar)];

  return { palette, releases, scatter };
})();
