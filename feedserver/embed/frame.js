// Tells the page around how high this one is, when that changes, and when it is asked.
// What is sent says nothing of who reads, so it may be heard by whoever the page belongs to.
(() => {
  "use strict";

  if (window.parent === window) {
    return;
  }

  function tell() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    window.parent.postMessage({ type: "twim-embed", height }, "*");
  }

  new ResizeObserver(tell).observe(document.body);
  // A page whose script begins to listen late sends { type: "twim-embed" }.
  window.addEventListener("message", ({ source, data }) => {
    if (source === window.parent && data?.type === "twim-embed") {
      tell();
    }
  });
})();
