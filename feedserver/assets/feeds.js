// What is nicer with a script; without it all of these pages can be read, searched and used.
(() => {
  "use strict";

  // A theme that loads the site's pages by scripts has put this one into its own.
  if (!document.body.classList.contains("feedserver")) {
    window.location.reload();
    return;
  }

  // To the browser the theme's page and this one are one document, so the way back is ours to go.
  const here = window.location.pathname;
  window.addEventListener("popstate", () => {
    if (window.location.pathname !== here) {
      window.location.reload();
    }
  });

  const words = JSON.parse(document.currentScript.dataset.words);

  // Copies the address of a feed, and says so.
  async function copy(button) {
    const address = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      // Without a secure origin there is no clipboard: then a person copies what is shown.
      window.prompt(words.copy, address);
      return;
    }
    button.textContent = words.copied;
    button.closest("section:has(.said)").querySelector(".said").textContent =
      `${words.copied}: ${address}`;
    setTimeout(() => {
      button.textContent = words.copy;
    }, 2000);
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
    for (const group of document.querySelectorAll(".group")) {
      let shown = 0;
      for (const row of group.querySelectorAll("li")) {
        const name = row.firstElementChild.textContent.toLowerCase();
        row.hidden = !asked.every((word) => name.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      group.querySelector("h3 .number").textContent = shown;
      count += shown;
    }
    field.parentElement.querySelector("output").textContent = asked.length ? counted(count) : "";
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
    for (const each of document.querySelectorAll("[data-copy], .find")) {
      each.hidden = false;
    }
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) {
        copy(button);
      }
    });
    document.addEventListener("change", (event) => {
      if (event.target.matches(".choices [type=checkbox]")) {
        exclude(event.target);
      }
    });
    const field = document.querySelector("#find");
    if (field) {
      field.addEventListener("input", () => find(field));
      // A browser that goes back keeps what was typed.
      find(field);
    }
    document.querySelector(".builder")?.addEventListener("submit", send);
    // Going back to a form whose fields were disabled when it was sent.
    window.addEventListener("pageshow", () => {
      for (const each of document.querySelectorAll(".builder input:disabled")) {
        each.disabled = false;
      }
    });
  }

  ready();
})();
