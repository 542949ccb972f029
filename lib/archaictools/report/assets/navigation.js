// The section that is in view, when a block comes near the view, and turns for work that can wait.

function startNavigation() {
  const links = new Map([...document.querySelectorAll("nav.sections a")].map((a) => [a.hash.slice(1), a]));
  const visible = new Set();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target.id);
      const current = [...links.keys()].find((id) => visible.has(id));
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-15% 0px -60% 0px" },
  );
  for (const id of links.keys()) watcher.observe(document.getElementById(id));
}

/** Resolve when an element comes near the view. */
const nearView = (element, margin = "600px") =>
  new Promise((resolve) => {
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watcher.disconnect();
        resolve();
      },
      { rootMargin: margin },
    );
    watcher.observe(element);
  });

/** The same promise; if it fails, the page says so where the part would be. */
function told(work, place, what) {
  work.catch((error) => {
    console.error(error);
    place.append(`The ${what} cannot be shown: ${error.message}`);
  });
  return work;
}

/** Turns for work that can wait: one after the other, when the page is loaded and the browser is idle. */
class Rest {
  constructor() {
    this.last = new Promise((resolve) => addEventListener("load", resolve));
  }

  /** Resolve when it is the caller's turn: after the work that `after` named for the turn before. */
  turn() {
    const before = this.last;
    this.last = before.then(() => new Promise((resolve) => {
      if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 1000 });
      else setTimeout(resolve, 50);
    }));
    return this.last;
  }

  /** Let the next turn wait for a promise. */
  after(work) {
    this.last = Promise.all([this.last, work.catch(() => {})]);
  }
}
