// <twim-feed src="https://feeds.example/section/clients/feed.json" limit="5"></twim-feed>
// The entries of a JSON Feed on any page. Of a feed only text and web addresses are used: nothing
// in it is parsed as HTML, whatever it holds. docs/reference/embed.md says what there is.
// `./run component` makes of it what is served, embed.min.js.

// Bytes of a feed; our own stay below 4.5 MB.
const LARGEST = 5e6;
// Milliseconds for a whole answer.
const PATIENCE = 15e3;
// Milliseconds in which what was fetched is not asked for again.
const FRESH = 5 * 60e3;
// Entries of a feed, and answers that are kept.
const MOST = 100;
// Of an empty feed, of a failure, on the button that tries again, and without an address.
const WORDS = {
  ar: [
    "لا شيء هنا بعد.",
    "يتعذّر عرض هذه الأخبار الآن.",
    "إعادة المحاولة",
    "لا يوجد عنوان ويب في src.",
  ],
  de: [
    "Noch nichts da.",
    "Das lässt sich gerade nicht laden.",
    "Noch einmal",
    "In src steht keine Webadresse.",
  ],
  en: [
    "Nothing here yet.",
    "This can’t be loaded right now.",
    "Try again",
    "There is no web address in src.",
  ],
  fr: [
    "Rien pour l’instant.",
    "Impossible de charger ceci.",
    "Réessayer",
    "src ne contient pas d’adresse web.",
  ],
};

const css = `
:host { display: block; line-height: 1.5em;
  --accent: var(--twim-accent, currentcolor);
  --line: var(--twim-line, color-mix(in srgb, currentcolor 20%, #0000));
  --quiet: var(--twim-quiet, color-mix(in srgb, currentcolor 75%, #0000));
  --gap: var(--twim-gap, 1em); --n: 4 }
:host([hidden]), [hidden] { display: none !important }
* { --high: calc(var(--n) * 1.5em + .35em); box-sizing: border-box; line-height: inherit;
  margin: 0; padding: 0 }
[part=feed] { display: grid; grid-template-columns: minmax(0, 1fr) }
[part=feed] > * { grid-area: 1 / 1 }
slot { display: block }
ul { align-content: start; display: grid; gap: var(--gap); grid-template-columns: minmax(0, 1fr);
  list-style: none }
ul.off, .off li { visibility: hidden }
.day { white-space: nowrap }
li { position: relative }
.box { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: var(--n);
  overflow: hidden; overflow-wrap: anywhere }
.cards .box, [part=placeholder] .box { block-size: var(--high) }
[part=entry] .box { align-self: start; block-size: auto; max-block-size: var(--high) }
[part=title] { font-size: 1em; font-weight: 600 }
[dir] { text-align: -webkit-match-parent; text-align: match-parent }
[part=link] { color: var(--twim-link, var(--twim-accent, inherit));
  text-decoration: underline 1px color-mix(in srgb, currentcolor 50%, #0000);
  text-underline-offset: .2em }
[part=link]:hover { text-decoration-color: currentcolor }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px }
li:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 3px }
li:has(a) :focus-visible { outline: 0 }
[part=meta], .compact .box > small { color: var(--quiet) }
[part=summary] { color: color-mix(in srgb, currentcolor 88%, #0000); font-size: .9375em }
[part=meta] + [part=summary] { margin-block-start: .35em }
small { font-size: .875em }
small + small::before { content: "· " / "" }
img { background: var(--line); border-radius: var(--twim-radius, .4em); display: block;
  object-fit: cover }
.brief { --n: 2 }
[part=meta], .brief [part=title], .compact [part=title] { overflow: clip; text-overflow: ellipsis;
  white-space: nowrap }

.compact { gap: calc(var(--gap) / 3) }
.compact li .box { align-items: baseline; block-size: 1.5em; display: flex; gap: .6em }
.compact [part=title], .compact [part=meta] { min-inline-size: 0 }
.compact [part=meta] { flex-shrink: 9999 }
.compact .box > small { flex: none; margin-inline-start: auto }

.list { min-block-size: calc(
    var(--limit) * (var(--high) + 2 * var(--gap) + 1px) - 2 * var(--gap) - 1px) }
.list li + li { border-block-start: 1px solid var(--line); padding-block-start: var(--gap) }
.list .pictured { display: flex; gap: 1em }
.list .box { flex: 1 }
.list img { aspect-ratio: 4 / 3; block-size: var(--high); max-inline-size: 24vw }

.cards { grid-template-columns:
    repeat(auto-fit, minmax(min(100%, var(--twim-card-width, 16em)), 1fr)); --n: 6 }
.cards.brief { --n: 3 }
.cards:not(.images) li { grid-template-rows: calc(var(--high) + 2em) }
.cards li { background: var(--twim-surface, color-mix(in srgb, currentcolor 4%, #0000));
  border: 1px solid var(--line); border-radius: var(--twim-radius, .6em); display: grid;
  grid-template-columns: minmax(0, 1fr); overflow: hidden }
.cards [part=title] { white-space: normal }
.cards .box { margin: 1em }
.cards a::after { content: ""; inset: 0; position: absolute }
.cards.images li { grid-template-rows: auto calc(var(--high) + 2em) }
.cards.images li::before { aspect-ratio: 16 / 9; content: ""; grid-area: 1 / 1 }
.cards.images .box { grid-area: 2 / 1 }
.cards.images [part=entry]:not(.pictured) .box { grid-area: 1 / 1 / 3;
  -webkit-line-clamp: calc(var(--n) + 5); max-block-size: none }
.cards img { aspect-ratio: 16 / 9; border-radius: 0; grid-area: 1 / 1; inline-size: 100% }

[part=placeholder] .box { background: repeating-linear-gradient(#0000 0 .4em,
  var(--line) .4em 1.1em, #0000 1.1em 1.5em); opacity: .6 }
.done [part=placeholder] { visibility: hidden }
button { background: none; border: 1px solid; border-radius: var(--twim-radius, .4em);
  color: inherit; cursor: pointer; font: inherit; margin-inline-start: .5em; padding-inline: .6em }
@media (prefers-reduced-motion: no-preference) {
  [part=placeholder] .box { animation: wait 1.6s ease-in-out infinite alternate }
  @keyframes wait { to { opacity: .25 } }
}`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

// What was fetched or is being fetched, by address, for all components of the page.
const shared = new Map();

const text = (value, most = 300) =>
  typeof value === "string" ? value.slice(0, most).replace(/\s+/g, " ").trim() : "";

// An absolute web address, or "".
function web(value, base) {
  try {
    const url = new URL(value, base);
    return value.trim() && /^https?:$/.test(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

// What HTML has names for, as far as feeds use them.
const NAMES =
  " amp& lt< gt> quot\" apos' nbsp\xa0 ndash– mdash— lsquo‘ rsquo’ ldquo“ rdquo” hellip… laquo«" +
  " raquo» middot· bull• copy© reg® trade™ euro€ deg° times× rarr→ larr← aumlä oumlö uumlü" +
  " AumlÄ OumlÖ UumlÜ szligß aacuteá agraveà ccedilç eacuteé egraveè ecircê iacuteí ntildeñ oacuteó ocircô oslashø aringå";
// The words of some HTML. They go into text nodes and nowhere else, so this needs no parser, all of
// which Trusted Types bar; it is cut before it is searched, so that it can't take long. What stands
// within a line leaves no space behind.
const plain = (html) =>
  text(
    text(html, 4000)
      .replace(/<(script|style)\b.*?(<\/\1.*?>|$)|<!--.*?(-->|$)/gi, " ")
      .replace(/<\/?([abiqsu]|code|em|mark|small|span|strong|su[bp])\b[^>]*>/gi, "")
      .replace(/<[^>]*(>|$)/g, " ")
      .replace(/&(?:#(\d{1,6}|x[\da-f]{1,5})|(\w+));/gi, (all, code, name) =>
        code ? String.fromCodePoint("0" + code) : NAMES.split(" " + name)[1]?.match(/^\W/) ?? all,
      ),
    600,
  );

// "Dept of Clients 📱" is Clients.
const short = (title) =>
  text(title).replace(/^dep(artmen)?t of |[\p{Extended_Pictographic}\u200d\ufe0f]/giu, "").trim();

// A date whose day there is, or "". A day is shown as it is written, the same everywhere.
function real(value) {
  const day = text(value).slice(0, 10);
  return !isNaN(new Date(value)) && new Date(day).toJSON()?.slice(0, 10) === day ? value : "";
}

// What is shown of an item. What the feed is of, as its address says, need not be said again.
function entry(item, base, feed) {
  const kind = base.match(/\/(section|project)\/[^/]+\/feed/)?.[1];
  item = Object(item);
  const ours = Object(item._twim);
  const section = short(ours.section?.title);
  const project = text(ours.project?.title);
  const summary =
    text(item.summary, 600) || text(item.content_text, 600) || plain(item.content_html);
  const issue = text(ours.issue?.title);
  const title =
    (kind !== "project" && project) || (!kind && ours.issue && section) || issue || text(item.title);
  return {
    url: web(item.url, base) || web(item.external_url, base),
    title: title || summary.replace(/^(.{60}\S*).{9,}/u, "$1…"),
    summary: title || summary.length > 70 ? summary : "",
    date: real(item.date_published) || real(item.date_modified),
    section: project && kind !== "section" ? section : "",
    people:
      [ours.reporters, item.authors, item.author]
        .map((some) => [].concat(some).map((person) => text(person?.name)).filter(Boolean))
        .find((names) => names.length) ?? [],
    image: web(item.image, base),
    lang: text(item.language) || text(feed.language),
  };
}

// The JSON of an answer, which is not read beyond what is allowed; undefined if it is none.
async function read(response) {
  const reader = response.body.getReader();
  const chunks = [];
  let size = 0;
  for (let chunk; !(chunk = await reader.read()).done; ) {
    size += chunk.value.length;
    if (size > LARGEST) {
      throw new Error("it is too large");
    }
    chunks.push(chunk.value);
  }
  return new Response(new Blob(chunks)).json().catch(() => {});
}

async function ask(url, controller, cache) {
  const timer = setTimeout(() => controller.abort(new Error("it takes too long")), PATIENCE);
  try {
    if (!url?.trim()) {
      throw new Error("there is no address in src");
    }
    if (!web(url)) {
      throw new Error("it is no web address");
    }
    const response = await fetch(url, {
      cache,
      credentials: "omit",
      headers: { Accept: "application/feed+json, application/json" },
      referrerPolicy: "no-referrer",
      signal: controller.signal,
    });
    if (!response.ok) {
      throw new Error(`the answer is ${response.status}`);
    }
    const feed = await read(response);
    if (!Array.isArray(feed?.items)) {
      throw new Error("it is no JSON Feed");
    }
    const entries = feed.items.slice(0, MOST).map((item) => entry(item, response.url, feed));
    return { title: text(feed.title), entries: entries.filter(({ title }) => title) };
  } finally {
    clearTimeout(timer);
    // What still comes of the answer is not wanted.
    controller.abort();
  }
}

// The request of an address that is under way or fresh, else a new one.
function share(url) {
  const old = shared.get(url);
  if (old && (!old.done || Date.now() - old.at < FRESH)) {
    return old;
  }
  const controller = new AbortController();
  const forget = () => shared.get(url) === one && shared.delete(url);
  const one = { at: Date.now(), users: new Set() };
  one.stop = () => controller.abort(forget());
  one.feed = ask(url, controller, old ? "no-cache" : "default");
  one.feed.then(() => (one.done = true), forget);
  if (shared.size >= MOST) {
    shared.clear();
  }
  shared.set(url, one);
  return one;
}

// An element with its part, its properties and what it holds.
function make(tag, part, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  if (part) {
    element.setAttribute("part", part);
  }
  element.append(...children);
  return element;
}

class TwimFeed extends HTMLElement {
  static observedAttributes =
    "src limit layout images refresh target show heading label lang".split(" ");
  #list = make("ul", "list", { role: "list", tabIndex: -1 });
  #slot = make("slot");
  #said = make("div", "message", { role: "status" });
  #url;
  #feed;
  #request;
  #failed;
  #at = 0;
  #timer;
  #planned;
  #drawn;
  #words;
  #seen = () => this.#wake();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(make("div", "feed", {}, this.#list, this.#slot, this.#said));
    this.#slot.addEventListener("slotchange", () => this.#plan());
  }

  connectedCallback() {
    this.#plan();
  }

  disconnectedCallback() {
    this.#plan();
  }

  attributeChangedCallback() {
    this.#plan();
  }

  // A sheet is of one document; this one may have gone into a frame.
  adoptedCallback() {
    const own = new (this.ownerDocument.defaultView ?? window).CSSStyleSheet();
    own.replaceSync(css);
    this.shadowRoot.adoptedStyleSheets = [own];
  }

  // Or moveBefore() would call the other two.
  connectedMoveCallback() {}

  // Several changes are one, and what is moved within a page was never away.
  #plan() {
    if (!this.#planned) {
      this.#planned = true;
      queueMicrotask(() => {
        this.#planned = false;
        this.#update();
      });
    }
  }

  #update() {
    const src = this.getAttribute("src");
    const url = web(src, document.baseURI) || src;
    if (!this.isConnected || url !== this.#url) {
      this.#leave();
    }
    if (this.isConnected) {
      document.addEventListener("visibilitychange", this.#seen);
      if (url !== this.#url) {
        this.#url = url;
        this.#feed = undefined;
      }
      if (!this.#request && !this.#feed) {
        this.#load();
      }
      this.#draw();
      this.#wake();
    }
  }

  #leave() {
    const one = this.#request;
    this.#request = undefined;
    this.#failed = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
    one?.users.delete(this);
    if (one && !one.users.size && !one.done) {
      one.stop();
    }
  }

  async #load() {
    const one = share(this.#url);
    one.users.add(this);
    this.#request = one;
    this.#at = one.at;
    this.#failed = false;
    let feed, problem;
    try {
      feed = await one.feed;
    } catch (error) {
      problem = error;
    }
    if (this.#request === one) {
      // What there was stays, if there is nothing new.
      this.#feed = feed ?? this.#feed;
      this.#failed = !feed;
      this.#draw();
      this.#wake();
      if (problem) {
        const at = this.#url?.trim() ? `${this.#url}: ` : "";
        console.warn(`twim-feed: ${at}${problem.message}`);
      }
      const detail = problem?.message;
      this.dispatchEvent(new CustomEvent(problem ? "error" : "load", { detail }));
    }
  }

  // Refreshes if that is due, else sees to it that it will be. A tab that nobody sees waits.
  #wake() {
    clearTimeout(this.#timer);
    const minutes = parseFloat(this.getAttribute("refresh"));
    if (!(minutes > 0) || !this.#url || document.hidden) {
      return;
    }
    const wait = Math.max(minutes * 60e3, FRESH) + this.#at - Date.now();
    if (wait > 0) {
      // No timer takes more than 24 days.
      this.#timer = setTimeout(() => this.#wake(), Math.min(wait, 2e9));
    } else if (!this.#request || this.#request.done || this.#failed) {
      this.#load();
    }
  }

  // The language at this place of the page, if it is one, else the reader's.
  get #language() {
    try {
      for (let at = this; at; at = at.getRootNode().host) {
        const found = at.closest("[lang]");
        if (found) {
          return Intl.getCanonicalLocales(found.lang)[0];
        }
      }
    } catch {
      // "en_US" is none.
    }
    return navigator.language;
  }

  // Where links open: as this element says, else as the page's <base> does. What opens a window
  // gets no hold of this one; a frame of the page is no window.
  get #opening() {
    const target =
      this.getAttribute("target") ?? document.querySelector("base[target]")?.target ?? "";
    const within =
      /^(_self|_parent|_top|)$/.test(target) ||
      document.querySelector(`iframe[name="${CSS.escape(target)}"]`);
    return { target, rel: within ? "" : "noopener" };
  }

  #draw() {
    const value = (name) => this.getAttribute(name) ?? "";
    // What the address asks for is what it gives at most.
    const asked = /[?&]limit=(\d+)/.exec(this.#url)?.[1];
    const limit = Math.min(Math.max(parseInt(value("limit")) || parseInt(asked) || 5, 1), MOST);
    const layout = value("layout").match(/^(compact|cards)$/)?.[0] ?? "list";
    const show = value("show") || "date section people summary";
    const images = this.hasAttribute("images") && layout !== "compact";
    const heading = value("heading").match(/^[1-6]$/) ? `h${value("heading")}` : "div";
    const language = this.#language;
    const [nothing, failed, again, none] = WORDS[language.slice(0, 2)] ?? WORDS.en;
    const entries = this.#feed?.entries.slice(0, limit);
    const waits = Boolean(this.#url) && !entries && !this.#failed;
    const kept = this.#slot.assignedNodes().some((node) => node.tagName || node.data.trim());
    const options = { layout, show, images, heading, language, ...this.#opening };
    const drawn = JSON.stringify([options, limit, entries, this.#url]);
    const focused = this.shadowRoot.activeElement;
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      const rows = (entries ?? []).map((each) => row(each, options));
      // They keep the space that entries will take, or would.
      while (this.#url && rows.length < limit) {
        const box = make("div", "", { className: "box" });
        rows.push(make("li", "placeholder", { ariaHidden: "true" }, box));
      }
      this.#list.replaceChildren(...rows);
    }
    const off = !entries?.length && (!waits || kept);
    // What isn't there needs no space.
    this.#list.hidden = off && !waits;
    const brief = !show.includes("summary");
    this.#list.style = `--limit: ${limit}`;
    this.#list.className = Object.entries({ [layout]: 1, images, brief, done: entries, off })
      .filter(([, is]) => is)
      .map(([name]) => name)
      .join(" ");
    this.#list.ariaLabel = value("label") || this.#feed?.title || "";
    this.#list.parentNode.ariaBusy = String(waits);
    this.#slot.hidden = Boolean(entries) || !kept;
    const problem = this.#url?.trim() ? failed : none;
    this.#say(entries ? !entries.length && nothing : this.#failed && !kept && problem, again);
    if (focused && (off || !focused.isConnected)) {
      const same = [...this.#list.querySelectorAll("a")].find(({ href }) => href === focused.href);
      (same ?? this.#said.querySelector("button") ?? this.#list).focus({ preventScroll: true });
    }
  }

  // Nothing; that the feed is empty, for which a page may have words of its own; or a failure.
  #say(words, again) {
    if (words !== this.#words) {
      this.#words = words;
      const retry = make("button", "retry", {}, again);
      retry.onclick = () => this.#draw(this.#load());
      const empty = make("slot", "", { name: "empty" }, words || "");
      const tell = this.#feed ? [empty] : web(this.#url) ? [words, " ", retry] : [words];
      this.#said.replaceChildren(...(words ? tell : []));
    }
  }
}

// A text in which no date such as 2026-03-13 breaks at the end of a line.
const whole = (words) =>
  words
    .split(/\b(\d{4}-\d\d-\d\d)\b/)
    .map((part, n) => (n % 2 ? make("span", "", { className: "day" }, part) : part));

function row({ url, title, summary, date, section, people, image, lang }, options) {
  const { layout, show, images, heading, language, target, rel } = options;
  const own = { dir: "auto", lang: lang || language };
  const words = whole(title);
  const name = url ? [make("a", "link", { href: url, target, rel }, ...words)] : words;
  const compact = layout === "compact";
  // The spaces are for who hears or copies it.
  const tell = (part, ...children) =>
    children[0] && show.includes(part) ? [make("small", part, {}, ...children), " "] : [];
  const style = { dateStyle: "medium", timeZone: "UTC" };
  const day = new Intl.DateTimeFormat(language, style);
  const written = date && day.format(new Date(date.slice(0, 10)));
  const when = tell("date", date && make("time", "", { dateTime: date }, written));
  const few = people.length > 4 ? [...people.slice(0, 3), "…"] : people;
  // Each runs in a direction of its own.
  const isolate = ({ type, value }) => (type === "element" ? make("bdi", "", {}, value) : value);
  const parts = new Intl.ListFormat(language, { type: "unit" }).formatToParts(few).map(isolate);
  const meta = make(
    "div",
    "meta",
    {},
    ...(compact ? [] : when),
    ...tell("section", section && make("bdi", "", {}, section)),
    ...tell("people", ...parts),
  );
  const box = make("div", "", { className: "box" }, make(heading, "title", own, ...name), meta);
  if (compact) {
    box.append(...when);
  }
  if (summary && show.includes("summary") && !compact) {
    box.append(make("p", "summary", own, ...whole(summary)));
  }
  const made = make("li", "entry", {}, box);
  if (image && images) {
    const how = { alt: "", loading: "lazy", decoding: "async", referrerPolicy: "no-referrer" };
    const picture = make("img", "picture", { ...how, src: image });
    made.className = "pictured";
    picture.onerror = () => {
      picture.remove();
      made.className = "";
    };
    made.append(picture);
  }
  return made;
}

if (!customElements.get("twim-feed")) {
  customElements.define("twim-feed", TwimFeed);
}
