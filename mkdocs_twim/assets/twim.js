// Plays a video in place of the link to it, once that is clicked. Until then nothing is fetched
// from elsewhere; without this script the link leads to the video's page.
document.addEventListener("click", (event) => {
  const plain =
    event.button === 0 && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const link =
    event.target instanceof Element ? event.target.closest("a[data-twim-video]") : null;
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
    `https://www.youtube-nocookie.com/embed/${id}?autoplay=1` + (start > 0 ? `&start=${start}` : "");
  link.replaceWith(frame);
  frame.focus();
});
