"use strict";
// Adds filter, sorting and pages to long tables. Without it every row is on the page, in order.
(() => {
  const PAGE = 50;
  const collator = new Intl.Collator("en", { numeric: true });

  const element = (name, properties) => Object.assign(document.createElement(name), properties);

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
  };

  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));

  const enhance = (table) => {
    const body = table.tBodies[0];
    let rows = Array.from(body.rows);
    if (rows.length < 6) return;
    const texts = new Map(rows.map((row) => [
      row,
      Array.from(row.cells, (cell) => cell.textContent).join(" ").toLocaleLowerCase(),
    ]));
    let page = 0;
    let size = PAGE;
    let words = [];

    const filter = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    const label = element("label", { textContent: "Show rows with" });
    label.append(filter);
    const back = element("button", { type: "button", textContent: "Previous" });
    const on = element("button", { type: "button", textContent: "Next" });
    const all = element("button", { type: "button", textContent: "Show all rows" });
    const status = element("output", {});
    const tools = element("div", { className: "tools" });
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Rows of: " + table.parentElement.getAttribute("aria-label"));
    tools.append(label);
    if (rows.length > PAGE) tools.append(back, on, all);
    tools.append(status);
    table.parentElement.before(tools);

    const show = () => {
      const fitting = rows.filter((row) => words.every((word) => texts.get(row).includes(word)));
      const pages = Math.max(1, Math.ceil(fitting.length / size));
      page = Math.min(page, pages - 1);
      const first = page * size;
      const shown = new Set(fitting.slice(first, first + size));
      for (const row of rows) row.hidden = !shown.has(row);
      back.disabled = page === 0;
      on.disabled = page >= pages - 1;
      const last = Math.min(first + size, fitting.length);
      status.textContent = fitting.length
        ? "Rows " + (first + 1) + " to " + last + " of " + fitting.length + (words.length ? " that fit" : "")
        : "No row fits";
    };

    filter.addEventListener("input", () => {
      words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      page = 0;
      show();
    });
    back.addEventListener("click", () => { page -= 1; show(); });
    on.addEventListener("click", () => { page += 1; show(); });
    all.addEventListener("click", () => {
      size = size === PAGE ? rows.length : PAGE;
      page = 0;
      all.textContent = size === PAGE ? "Show all rows" : "Show " + PAGE + " at a time";
      show();
    });

    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = element("button", { type: "button", textContent: head.textContent });
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const keys = new Map(rows.map((row) => [row, valueOf(row, column)]));
        rows.sort((a, b) => (up ? 1 : -1) * compare(keys.get(a), keys.get(b)));
        body.append(...rows);
        page = 0;
        show();
      });
    });
    show();
  };

  document.querySelectorAll("table.list").forEach(enhance);
})();
