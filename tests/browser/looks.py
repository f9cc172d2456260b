"""What is measured of how pages look: each script returns what isn't as it should be."""

from __future__ import annotations

# What is pressed and less than 24 pixels high or wide, of what a selector matches and all within
# that, but for the texts of posts below their headings. A box to tick is as large as its label,
# what stands on two lines is as wide as the wider part, and what is read out alone is pressed by
# nobody.
SMALL = """
const pressed = "a, button, summary, input, select, textarea";
return [...document.querySelectorAll(pressed)].flatMap((element) => {
  if (!element.closest(arguments[0]) || element.closest(".twim-hidden")) return [];
  const isText = element.closest(".twim-content, .twim-excerpt");
  // A link in a sentence is as high as that; one that is a line of its own is a target.
  const isLine = element.matches("p > a:only-child") &&
    element.innerText.trim() === element.parentElement.innerText.trim();
  if (isText && !isLine && !element.closest("h2, h3")) return [];
  if (!element.checkVisibility()) return [];
  const boxes = [...(element.closest("label") ?? element).getClientRects()];
  const high = Math.min(...boxes.map((box) => box.height));
  const wide = Math.max(...boxes.map((box) => box.width));
  const said = `${element.localName} ${element.innerText.slice(0, 30)}: ${wide} by ${high}`;
  return Math.min(high, wide) < 24 ? [said] : [];
});
"""
# Dates that stand on two lines, in a page of any width.
TORN = """
const torn = new Set(), dates = [...document.querySelectorAll("time, .day, .twim-whole")];
for (let width = 160; width < 420; width += 8) {
  document.body.style.inlineSize = `${width}px`;
  for (const date of dates) {
    const range = document.createRange();
    range.selectNodeContents(date);
    const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top)));
    if (lines.size > 1) torn.add(`${date.parentElement.localName}: ${date.innerText} at ${width}`);
  }
}
document.body.style.inlineSize = "";
return dates.length ? [...torn] : ["no dates"];
"""
# Links that are seen and lead to what isn't.
ASTRAY = """
return [...document.querySelectorAll("a[href]")].flatMap((link) => {
  const led = link.hash && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  return led && link.checkVisibility() && !led.checkVisibility() ? [link.innerText] : [];
});
"""
# Legends that are larger or smaller than the text around them.
LEGENDS = """
const size = (element) => getComputedStyle(element).fontSize;
const legends = [...document.querySelectorAll("legend")];
const odd = legends.filter((legend) => size(legend) !== size(legend.parentElement));
return legends.length ? odd.map((legend) => legend.textContent) : ["no legends"];
"""
# Items that a list's sign stands before: they are tabs, cards and the like.
SIGNS = """
const items = [...document.querySelectorAll(arguments[0])];
const signed = items.filter((item) => getComputedStyle(item).listStyleType !== "none");
return items.length ? signed.map((item) => item.textContent.trim().slice(0, 30)) : ["no items"];
"""
# Fields whose longest choice is cut off.
CUT = """
return [...document.querySelectorAll("dialog[open] select")].flatMap((field) => {
  const given = field.offsetWidth;
  field.style.inlineSize = "max-content";
  const wanted = field.offsetWidth;
  field.style.inlineSize = "";
  return wanted > given ? [`${field.name}: ${given} of ${wanted}`] : [];
});
"""
# How far from the edges of a list its first row of cards begins and ends; of a component that is
# named, or of the page.
ENDS = """
const component = arguments[0] && document.querySelector(arguments[0]).shadowRoot;
const list = (component || document).querySelector(arguments[1]);
const {left, right} = list.getBoundingClientRect();
const cards = [...list.children].filter((card) => card.checkVisibility());
const boxes = cards.map((card) => card.getBoundingClientRect());
const [first] = boxes, last = boxes.filter(({top}) => top === first.top).at(-1);
return [first.left - left, last.right - right].map(Math.round);
"""
