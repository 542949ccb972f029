// Light and dark, the section that is in view, and when a block comes near the view.

const root = document.documentElement;

const stored = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* a page from disk may not store */ } },
};

const isDark = () => getComputedStyle(root).colorScheme === "dark" ||
  (getComputedStyle(root).colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

function startTheme() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "theme";
  const apply = (theme) => {
    if (theme) root.dataset.theme = theme;
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Show the page in light colours" : "Show the page in dark colours");
    document.dispatchEvent(new Event("theme"));
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    stored.set("archaictools-theme", theme);
    apply(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(null));
  apply(stored.get("archaictools-theme"));
  document.querySelector("header.top").append(button);
}

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
