// What is nicer with a script; without it all of these pages can be read, searched and used.
(() => {
  "use strict";

  const own = document.body.classList.contains("feedserver");
  const part = own ? document.body : document.getElementById("twim-catalogue");
  // A theme that loads the site's pages by scripts has put a page of ours into its own.
  if (!part) {
    window.location.reload();
    return;
  }
  if (own) {
    // To the browser the theme's page and this are one document, so the way back is ours to go.
    const here = window.location.pathname;
    window.addEventListener("popstate", () => {
      if (window.location.pathname !== here) {
        window.location.reload();
      }
    });
  } else {
    // Material takes addresses that differ in their query for one page, but follows no link that
    // has a target; and it looks for a sitemap beside what is "alternate" alone.
    for (const link of part.querySelectorAll("a")) {
      link.target = "_self";
    }
    for (const link of document.querySelectorAll("head link[rel=alternate][type]")) {
      link.rel = "alternate feed";
    }
    // It takes `q` for a search of its own, too, unless it doesn't see it.
    const { href } = window.location;
    const without = new URL(href);
    without.searchParams.delete("q");
    if (document.readyState === "loading" && without.href !== href) {
      window.history.replaceState(null, "", without);
      window.addEventListener("load", () => window.history.replaceState(null, "", href));
    }
  }

  const words = JSON.parse(document.currentScript.dataset.words);

  // Copies the address of a feed, and says so.
  async function copy(button) {
    const address = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      // Without a secure origin there is no clipboard: then a person copies what is shown.
      const lines = button.parentElement.querySelector("pre");
      if (lines) {
        window.getSelection().selectAllChildren(lines);
      } else {
        window.prompt(words.copy, address);
      }
      return;
    }
    button.closest("section:has(> .said)").querySelector(":scope > .said").textContent =
      `${words.copied}: ${button.dataset.name ?? address}`;
    // One that shows a picture says it by its colour.
    const written = !button.querySelector("svg");
    const say = (text) => written && button.replaceChildren(text);
    button.classList.add("copied");
    say(words.copied);
    setTimeout(() => {
      button.classList.remove("copied");
      say(words.copy);
    }, 2000);
  }

  function make(name, properties) {
    return Object.assign(document.createElement(name), properties);
  }

  // What stands in the snippets for what was chosen.
  function options({ layout, limit, theme }, heights) {
    const [each, rest] = heights[layout];
    const named = theme === "auto" ? "" : `theme=${theme}`;
    return {
      layout,
      limit: String(limit),
      height: String(limit * each + rest),
      theme: named && `&${named}`,
      theme_html: named && `&amp;${named}`,
    };
  }

  // Makes a dialogue of what is there without a script, and a button that opens it; what is `shown`
  // in it is looked up each time.
  function dialogue(details, shown = () => {}) {
    const part = details.querySelector("section");
    const heading = part.querySelector("h2");
    const opens = make("button", { type: "button", className: `open-${details.className}` });
    opens.append(...details.querySelector("summary").childNodes);
    opens.setAttribute("aria-haspopup", "dialog");
    const closes = make("button", { type: "button", className: "close", textContent: "×" });
    closes.setAttribute("aria-label", words.close);
    const dialog = make("dialog", {});
    dialog.setAttribute("aria-labelledby", heading.id);
    heading.after(closes);
    dialog.append(part);
    details.replaceWith(opens, dialog);

    function open() {
      dialog.showModal();
      heading.focus({ preventScroll: true });
      shown();
    }

    opens.addEventListener("click", open);
    closes.addEventListener("click", () => dialog.close());
    // A click beside it closes it, as the key Escape does.
    dialog.addEventListener("click", ({ target, clientX: x, clientY: y }) => {
      const box = dialog.getBoundingClientRect();
      const beside = x < box.left || x > box.right || y < box.top || y > box.bottom;
      if (target === dialog && beside) {
        dialog.close();
      }
    });
    if (window.location.hash === `#${part.id}`) {
      // A browser that comes to what the address names takes the focus from what has it.
      if (document.readyState === "complete") {
        open();
      } else {
        window.addEventListener("load", open);
      }
    }
  }

  // The preview is fetched when the dialogue is opened for the first time.
  function embedding(details) {
    const { page, query, heights, preview } = details.dataset;
    const part = details.querySelector("section");
    const form = part.querySelector("form");
    const frame = make("iframe", { className: "preview", title: preview });
    form.hidden = false;
    form.after(frame);

    function show() {
      if (!form.reportValidity()) {
        return;
      }
      const chosen = Object.fromEntries(new FormData(form));
      const values = options(chosen, JSON.parse(heights));
      for (const shown of part.querySelectorAll("pre")) {
        const parts = JSON.parse(shown.dataset.parts);
        shown.textContent = parts.map((each, n) => (n % 2 ? values[each] : each)).join("");
        shown.closest(".snippet").querySelector("button").dataset.copy = shown.textContent;
      }
      const theme = values.theme + (query && `&${query}`);
      const address = `${page}?layout=${chosen.layout}&limit=${chosen.limit}${theme}`;
      // In place of the one before, or each choice would be a step of the way back.
      frame.contentWindow.location.replace(address);
    }

    form.addEventListener("change", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("message", ({ source, data }) => {
      if (source === frame.contentWindow && data?.type === "twim-embed") {
        frame.height = data.height + 2;
      }
    });
    dialogue(details, show);
  }

  // A long group has names alone, for more would make a page of megabytes: what leads to the
  // dialogue on the page of each feed is made here, and to its formats.
  function complete(row) {
    const feed = row.firstElementChild;
    const link = make("a", { href: `${feed.href}#embed`, textContent: words.embed });
    link.setAttribute("aria-label", words.embed_of.replace("{name}", () => feed.textContent));
    const formats = make("ul", { className: "formats" });
    const { formats: known } = row.closest(".all").dataset;
    for (const [file, textContent] of JSON.parse(known)) {
      const item = make("li", {});
      const spoken = make("span", { className: "said", textContent: `${feed.textContent} ` });
      const to = make("a", { href: new URL(file, feed.href).href });
      to.append(spoken, textContent);
      item.append(to);
      formats.append(item);
    }
    row.append(" ", link, formats);
  }

  const ICON =
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14' +
    "a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z\"/></svg>";

  // Puts a button that copies the address of each format behind it.
  function copyable(all) {
    const { base } = all.dataset;
    const blank = make("button", { type: "button", innerHTML: ICON });
    const below = new URL(base).pathname.length;
    for (const link of all.querySelectorAll(".formats a")) {
      const button = blank.cloneNode(true);
      button.dataset.copy = base + link.pathname.slice(below);
      button.title = words.copy_of.replace("{name}", () => link.textContent);
      button.dataset.name = link.textContent;
      button.setAttribute("aria-label", button.title);
      link.after(button);
    }
  }

  // A number of feeds, in the plural form that the language has for it.
  function counted(count) {
    const forms = words.count_feeds;
    const form = forms[new Intl.PluralRules(words.lang).select(count)] ?? forms.other;
    return form.replace("{count}", count);
  }

  // Shows the feeds whose names have all the words that were typed.
  function find(field) {
    const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const group of part.querySelectorAll(".group")) {
      let shown = 0;
      for (const row of group.querySelectorAll(":scope > ul > li")) {
        const name = row.firstElementChild.textContent.toLowerCase();
        row.hidden = !asked.every((word) => name.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      group.querySelector("h3 .number").textContent = shown;
      count += shown;
    }
    const said = count ? counted(count) : words.nothing;
    field.parentElement.querySelector("output").textContent = asked.length ? said : "";
  }

  // Nothing can be wanted alone and left out too.
  function exclude(box) {
    const other = box.name.startsWith("not_") ? box.name.slice(4) : `not_${box.name}`;
    const selector = `input[name="${other}"][value="${CSS.escape(box.value)}"]`;
    const opposite = box.form.querySelector(selector);
    if (box.checked && opposite) {
      opposite.checked = false;
    }
  }

  // Keeps the address short: a field that is empty says nothing.
  function send(event) {
    for (const field of event.target.querySelectorAll("input[name]")) {
      field.disabled = field.value.trim() === "";
    }
  }

  function ready() {
    for (const each of part.querySelectorAll("[data-copy], .find")) {
      each.hidden = false;
    }
    part.querySelectorAll("details.embed").forEach(embedding);
    part.querySelectorAll("details.room").forEach((details) => dialogue(details));
    part.querySelectorAll(".names > li").forEach(complete);
    part.querySelectorAll(".all").forEach(copyable);
    part.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) {
        copy(button);
      }
    });
    part.addEventListener("change", (event) => {
      if (event.target.matches(".choices [type=checkbox]")) {
        exclude(event.target);
      }
    });
    const field = part.querySelector("#find");
    if (field) {
      field.addEventListener("input", () => find(field));
      // A browser that goes back keeps what was typed.
      find(field);
    }
    part.querySelector(".builder")?.addEventListener("submit", send);
    // Going back to a form whose fields were disabled when it was sent.
    window.addEventListener("pageshow", () => {
      for (const each of part.querySelectorAll(".builder input:disabled")) {
        each.disabled = false;
      }
    });
  }

  ready();
})();
