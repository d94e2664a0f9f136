"use strict";
(() => {
  const MOST = 12;
  const box = document.getElementById("search-box");
  const field = document.getElementById("search");
  const list = document.getElementById("found");
  const none = document.getElementById("found-none");
  const status = document.getElementById("found-status");
  const up = field.dataset.up;
  const GROUPS = { ours: "ours", capture: "Estuary's capture", materialization: "Estuary's materialization", request: "request" };
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const words = (text) => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

  const things = JSON.parse(document.getElementById("search-index").textContent).map(
    ([group, title, name, place, note, others, hosts, streams]) => ({
      group, title, name, place, note, hosts, streams,
      names: [title, name, ...others].filter(Boolean).map((each) => ({ whole: fold(each), words: words(each), shown: each })),
      gone: /^(deprecated|superseded|retired|rejected)/.test(note),
    }),
  );

  // a host as people paste it: with a scheme, a path, a port
  const hostOf = (query) => query.replace(/^[a-z][a-z0-9+.-]*:\/\//, "").replace(/^[^@/]*@/, "").replace(/[/?#:].*$/, "");

  const hostRank = (pattern, host) => {
    const known = fold(pattern).split("/")[0];
    if (known === host) return 1;
    if (known.startsWith("*.") && (host.endsWith(known.slice(1)) || host === known.slice(2))) return 1;
    return host.length > 2 && known.includes(host) ? 5 : 9;
  };

  // how well a thing answers one word: smaller is better, 9 is not at all
  const rankOf = (thing, term) => {
    let best = { rank: 9 };
    const better = (rank, why) => { if (rank < best.rank) best = { rank, why }; };
    thing.names.forEach(({ whole, words: parts, shown }, at) => {
      const why = at > 1 ? shown : "";
      if (whole === term) better(0, "");
      else if (whole.startsWith(term)) better(1, why);
      else if (parts.some((part) => part.startsWith(term))) better(2, why);
      else if (term.length > 2 && whole.includes(term)) better(4, why);
    });
    const host = hostOf(term);
    if (host.includes(".") || host.length > 2) for (const each of thing.hosts) better(hostRank(each, host), "host " + each);
    for (const each of thing.streams) {
      const stream = fold(each);
      if (stream === term) better(3, "stream " + each);
      else if (stream.startsWith(term)) better(4, "stream " + each);
      else if (term.length > 2 && stream.includes(term)) better(6, "stream " + each);
    }
    return best;
  };

  const search = (query) => {
    const whole = fold(query.trim());
    const terms = whole.split(/\s+/).filter(Boolean);
    if (!terms.length) return [];
    const found = [];
    for (const thing of things) {
      const all = terms.length > 1 ? rankOf(thing, whole) : { rank: 9 };
      const each = all.rank < 9 ? [all] : terms.map((term) => rankOf(thing, term));
      if (each.some(({ rank }) => rank === 9)) continue;
      const rank = each.reduce((sum, { rank: one }) => sum + one, 0) / each.length;
      found.push({ thing, rank: rank + (thing.gone ? 0.5 : 0), why: [...new Set(each.map(({ why }) => why).filter(Boolean))] });
    }
    return found.sort((one, other) => one.rank - other.rank); // ours come first in the index, and sorting keeps that
  };

  const piece = (name, kind, text) => {
    const made = document.createElement(name);
    made.className = kind;
    made.textContent = text;
    return made;
  };

  let active = -1;
  const options = () => [...list.children];
  const choose = (at) => {
    active = at;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    const chosen = options()[at];
    if (chosen) { field.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    list.hidden = none.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(-1);
  };

  const show = () => {
    const query = field.value.trim();
    const found = search(query);
    const shown = found.slice(0, MOST);
    list.replaceChildren(...shown.map(({ thing, why }, at) => {
      const option = piece("a", thing.gone ? "gone" : "", "");
      option.id = "found-" + at;
      option.href = up + thing.place;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.append(piece("span", "title", thing.title), " ", piece("span", "what", [GROUPS[thing.group], thing.note].filter(Boolean).join(", ")));
      const reason = piece("span", "why", thing.name);
      if (why.length) reason.append(" · ", piece("mark", "", why.join(", ")));
      option.append(" ", reason);
      return option;
    }));
    none.hidden = !query || found.length > 0;
    none.textContent = "Nothing has such a name, host or stream. Ask the catalog by a package or a prefix too: connector-sdk catalog check";
    list.hidden = !shown.length;
    field.setAttribute("aria-expanded", String(shown.length > 0));
    status.textContent = !query ? "" : found.length > MOST ? `${found.length} found, ${MOST} shown` : `${found.length} found`;
    choose(shown.length ? 0 : -1);
  };

  field.addEventListener("input", show);
  field.addEventListener("focus", () => { if (field.value) show(); });
  field.addEventListener("keydown", (event) => {
    const last = options().length - 1;
    const open = !list.hidden;
    if (event.key === "ArrowDown" && !open && field.value) show();
    else if (event.key === "ArrowDown" && open) choose(active < last ? active + 1 : 0);
    else if (event.key === "ArrowUp" && open) choose(active > 0 ? active - 1 : last);
    else if (event.key === "Enter" && open && active >= 0) options()[active].click();
    else if (event.key === "Escape" && (open || !none.hidden)) close();
    else if (event.key === "Escape") { field.value = ""; field.blur(); }
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) close(); });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) close(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  box.hidden = false;
})();
