// The dialogue that shows how to embed a list's feed on another site; it is there where mkdocs.yml
// names a server. Without this script its link leads to the server's page for frames.
(() => {
  "use strict";

  const COLOURS = ["auto", "light", "dark"];
  // What the server's page for frames shows at most.
  const MOST = 50;
  let count = 0;

  function make(name, properties, ...children) {
    const { data, ...others } = properties;
    const element = Object.assign(document.createElement(name), others);
    Object.assign(element.dataset, data);
    element.append(...children);
    return element;
  }

  function escaped(text) {
    const marks = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
    return text.replace(/[&<>"]/g, (mark) => marks[mark]);
  }

  // An address as Markdown, in which a bracket would end it.
  function target(address) {
    return address.replace(/[()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  }

  // The address of the page for a frame, with what differs from a page's defaults.
  function framed(of, chosen) {
    const address = new URL(of.page);
    address.searchParams.set("layout", chosen.layout);
    address.searchParams.set("limit", chosen.limit);
    if (chosen.theme !== "auto") {
      address.searchParams.set("theme", chosen.theme);
    }
    return address.href;
  }

  // The component has the colours of the page that it is on. Nothing needs a style that a strict
  // Content-Security-Policy wouldn't allow.
  function snippets(of, chosen) {
    const title = escaped(of.title);
    // The preview's height would be too little for those whose screen is smaller.
    const [each, rest] = of.heights[chosen.layout];
    const height = chosen.limit * each + rest;
    const theme = chosen.theme === "auto" ? "" : `&theme=${chosen.theme}`;
    const name = of.title.replace(/[\\[\]<>*_`~&]/g, "\\$&");
    return {
      embed_component:
        `<script type="module" src="${escaped(of.script)}"></script>\n` +
        `<twim-feed src="${escaped(of.feed)}" layout="${chosen.layout}" limit="${chosen.limit}">` +
        `<a href="${escaped(of.url)}">${title}</a></twim-feed>`,
      embed_frame:
        `<iframe src="${escaped(framed(of, chosen))}" title="${title}" width="100%" ` +
        `height="${height}" frameborder="0" loading="lazy"></iframe>`,
      embed_picture:
        `[![${name}](${target(of.picture)}?limit=${chosen.limit}${theme})](${target(of.url)})`,
    };
  }

  // A field with its label above it.
  function field(label, control) {
    return make("label", { className: "twim-embed-field" }, make("span", {}, label), control);
  }

  function choice(name, values, words) {
    const options = values.map((value) =>
      make("option", { value }, words[`embed_${value}`]),
    );
    return make("select", { name }, ...options);
  }

  // A snippet, and the button that copies it.
  function snippet(name, words, said) {
    const id = `twim-snippet-${(count += 1)}`;
    const text = make("textarea", { id, readOnly: true, rows: 3, spellcheck: false });
    text.setAttribute("wrap", "soft");
    text.dir = "ltr";
    const label = words[name];
    const button = make("button", { type: "button", className: "twim-embed-copy" }, words.copy_it);
    button.setAttribute("aria-label", `${words.copy_it}: ${label}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.value);
      } catch {
        // Without a secure origin there is no clipboard: then a person copies what is marked.
        text.focus();
        text.select();
        return;
      }
      said.textContent = words.copied_it.replace("{name}", () => label);
    });
    const head = make("div", { className: "twim-embed-head" });
    head.append(make("label", { htmlFor: id }, label), button);
    return { text, part: make("div", { className: "twim-embed-snippet" }, head, text) };
  }

  function build(of, words) {
    const title = words.embed_title.replace("{title}", () => of.title);
    const heading = make("h2", { id: `twim-embed-${(count += 1)}`, tabIndex: -1 }, title);
    const close = make("button", { type: "button", className: "twim-embed-close" }, "×");
    close.setAttribute("aria-label", words.close);
    const limit = make("input", { type: "number", name: "limit", min: 1, max: MOST, value: 5 });
    const options = make("form", { className: "twim-embed-options" });
    options.append(
      field(words.embed_layout, choice("layout", Object.keys(of.heights), words)),
      field(words.embed_entries, limit),
      field(words.embed_colours, choice("theme", COLOURS, words)),
    );
    const frame = make("iframe", { className: "twim-embed-preview", title: words.embed_preview });
    const said = make("p", { className: "twim-embed-said" });
    said.setAttribute("role", "status");
    const parts = ["embed_component", "embed_frame", "embed_picture"].map((name) => [
      name,
      snippet(name, words, said),
    ]);
    const dialog = make("dialog", { className: "twim-embed-dialog" });
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(make("div", { className: "twim-embed-head" }, heading, close), options, frame);
    dialog.append(...parts.map(([, { part }]) => part), said);

    function show() {
      const entries = Math.min(MOST, Math.max(1, Math.round(limit.valueAsNumber) || 5));
      // The field says what the snippets do.
      limit.value = entries;
      const { layout, theme } = Object.fromEntries(new FormData(options));
      const chosen = { layout, theme, limit: entries };
      const texts = snippets(of, chosen);
      for (const [name, { text }] of parts) {
        text.value = texts[name];
      }
      const address = framed(of, chosen);
      // In place of the one before, or each choice would be a step of the browser's "back".
      if (frame.src) {
        frame.contentWindow.location.replace(address);
      } else {
        frame.src = address;
      }
      said.textContent = "";
    }
    options.addEventListener("change", show);
    options.addEventListener("submit", (event) => event.preventDefault());
    close.addEventListener("click", () => dialog.close());
    // A click beside the dialogue closes it, as Escape does.
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) {
        dialog.close();
      }
    });
    // The page in the frame tells how high it is.
    window.addEventListener("message", ({ source, origin, data }) => {
      const known = source === frame.contentWindow && origin === new URL(of.page).origin;
      if (known && data?.type === "twim-embed" && data.height > 0) {
        // With its lines.
        frame.style.blockSize = `${Math.min(Math.ceil(data.height), 480) + 2}px`;
      }
    });
    return { dialog, heading, show };
  }

  // Puts a button in place of each link, which opens what it says; nothing is fetched before.
  function prepare() {
    for (const link of document.querySelectorAll("a[data-twim-embed]")) {
      const { twimEmbed, twimWords } = link.dataset;
      const of = JSON.parse(twimEmbed);
      const words = JSON.parse(twimWords);
      const button = make("button", { type: "button", className: link.className }, link.textContent);
      button.setAttribute("aria-haspopup", "dialog");
      let built = null;
      button.addEventListener("click", () => {
        if (!built) {
          built = build(of, words);
          button.closest(".twim-feeds").after(built.dialog);
        }
        built.dialog.showModal();
        // What it is comes first, and not how to get away.
        built.heading.focus({ preventScroll: true });
        built.show();
      });
      link.replaceWith(button);
    }
  }

  new MutationObserver(prepare).observe(document.documentElement, {
    childList: true,
    subtree: true,
  });
  prepare();
})();
