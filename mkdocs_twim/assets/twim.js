// What our pages do with scripts; without them all of it can be read and followed. Everything is
// listened to at the document, so that it works after a theme's instant navigation too.
(() => {
  "use strict";

  // Plays a video in place of the link to it, once that is clicked. Until then nothing is fetched
  // from elsewhere; without this script the link leads to the video's page.
  function play(event) {
    const plain =
      event.button === 0 && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const link = event.target.closest("a[data-twim-video]");
    if (!link || !plain || event.defaultPrevented) {
      return;
    }
    const id = link.dataset.twimVideo;
    const start = Number.parseInt(link.dataset.twimStart ?? "0", 10);
    if (!/^[\w-]{11}$/.test(id)) {
      return;
    }
    event.preventDefault();
    const text = link.querySelector(".twim-video-text");
    const frame = document.createElement("iframe");
    frame.className = "twim-video-frame";
    frame.title = text ? text.textContent.trim() : "Video";
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture; web-share";
    frame.allowFullscreen = true;
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src =
      `https://www.youtube-nocookie.com/embed/${id}?autoplay=1` +
      (start > 0 ? `&start=${start}` : "");
    link.replaceWith(frame);
    frame.focus();
  }

  // Sorts a table by the column whose button was clicked; again, the other way round.
  function sort(event) {
    const head = event.target.closest("[data-twim-sort]")?.closest("th");
    if (!head) {
      return;
    }
    const column = head.cellIndex;
    const body = head.closest("table").tBodies[0];
    const up = head.getAttribute("aria-sort")
      ? head.getAttribute("aria-sort") === "descending"
      : !head.classList.contains("twim-number");
    const compare = new Intl.Collator(document.documentElement.lang || undefined, {
      numeric: true,
    }).compare;
    const value = (row) =>
      row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const rows = [...body.rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => (up ? compare(a, b) : compare(b, a)));
    body.append(...rows.map(([, row]) => row));
    for (const other of head.parentElement.cells) {
      other.removeAttribute("aria-sort");
    }
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  // What we say in the page's language, as the page brings it.
  function spoken() {
    return JSON.parse(document.querySelector("[data-twim-words]").dataset.twimWords);
  }

  // A number of things, in the plural form that the language has for it; that there is none.
  function counted(kind, count) {
    const { lang, nothing_found, [kind]: forms } = spoken();
    if (count === 0) {
      return nothing_found;
    }
    const form = forms[new Intl.PluralRules(lang).select(count)] ?? forms.other;
    return form.replace("{count}", count);
  }

  // Copies the address of a feed, or what a bot is told, and says so.
  async function copy(event) {
    const button = event.target.closest(".twim-copy");
    if (!button) {
      return;
    }
    const before = button.previousElementSibling;
    const { twimCopied } = before.dataset;
    const text = twimCopied ? before.textContent : before.href;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure origin there is no clipboard: then a person copies what is shown.
      if (twimCopied) {
        window.getSelection().selectAllChildren(before);
      } else {
        window.prompt(spoken().feed_address, text);
      }
      return;
    }
    button.classList.add("twim-copied");
    setTimeout(() => button.classList.remove("twim-copied"), 2000);
    const said = document.querySelector(twimCopied ? ".twim-room output" : ".twim-search output");
    said.textContent = twimCopied ?? spoken().copied.replace("{name}", () => before.textContent);
  }

  // Shows the feeds, sections or projects whose names have all the words that were typed.
  function search(event) {
    if (!event.target.matches?.("[data-twim-search]")) {
      return;
    }
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const group of document.querySelectorAll(".twim-group")) {
      const about = group.querySelector("h2").firstChild.textContent.toLowerCase();
      let shown = 0;
      for (const row of group.querySelectorAll(".twim-catalogue > li")) {
        const text = row.querySelector(".twim-name").textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word) || about.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      group.querySelector("h2 .twim-count").textContent = shown;
      for (const link of document.querySelectorAll(`a[href$="#${group.querySelector("h2").id}"]`)) {
        const item = link.closest("li");
        if (item) {
          item.hidden = group.hidden;
        }
      }
      count += shown;
    }
    const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
    for (const row of document.querySelectorAll(".twim-table tbody tr")) {
      row.hidden = !fits(row.cells[0].textContent);
      count += row.hidden ? 0 : 1;
    }
    event.target.parentElement.querySelector("output").textContent =
      words.length === 0 ? "" : counted(event.target.dataset.twimSearch, count);
  }

  const ICON =
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14' +
    "a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z\"/></svg>";
  const blank = document.createElement("button");
  blank.type = "button";
  blank.className = "twim-copy";
  blank.innerHTML = ICON;

  // A button that copies what stands before it.
  function copier(label) {
    const button = blank.cloneNode(true);
    button.title = label;
    button.setAttribute("aria-label", label);
    return button;
  }

  // Puts the catalogue's search field and copy buttons there, which do nothing without scripts.
  function prepare() {
    for (const field of document.querySelectorAll(".twim-search[hidden]")) {
      field.hidden = false;
      const said = spoken().copy;
      for (const link of document.querySelectorAll(".twim-catalogue .twim-formats a:last-child")) {
        link.after(copier(said.replace("{name}", () => link.textContent)));
      }
    }
    for (const told of document.querySelectorAll("[data-twim-copy]:last-child")) {
      told.after(copier(told.dataset.twimCopy));
    }
    reach();
  }

  // Lets the keyboard scroll tables that are wider than the screen.
  function reach() {
    for (const table of document.querySelectorAll(".twim-content table, .twim-excerpt table")) {
      if (table.scrollWidth > table.clientWidth) {
        table.tabIndex = 0;
      } else {
        table.removeAttribute("tabindex");
      }
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element) {
      play(event);
      sort(event);
      copy(event);
    }
  });
  document.addEventListener("input", search);
  window.addEventListener("resize", reach);
  // Material has looked at the page by now: its feeds are again called what feeds are.
  window.document$?.subscribe(() => {
    for (const link of document.querySelectorAll('head link[rel="alternate feed"]')) {
      link.rel = "alternate";
    }
  });
  new MutationObserver(prepare).observe(document.documentElement, {
    childList: true,
    subtree: true,
  });
  prepare();
})();
