// Makes elements. All text becomes text nodes: output of programs is hostile, and the page's policy
// (require-trusted-types-for) makes innerHTML throw.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

export const byId = (id) => document.getElementById(id);

// Text for screen readers alone.
export const unseen = (text) => element("span", { class: "unseen" }, text);

export function shortened(text, most) {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}\n… and ${(text.length - most).toLocaleString("en")} more characters`;
}

export function milliseconds(time) {
  if (time >= 10_000) return `${(time / 1000).toFixed(1)} s`;
  if (time >= 1000) return `${(time / 1000).toFixed(2)} s`;
  return `${time >= 100 ? Math.round(time) : Number(time.toPrecision(2))} ms`;
}

export function bytes(count) {
  if (count >= 1 << 20) return `${(count / (1 << 20)).toFixed(1)} MiB`;
  return count >= 1024 ? `${Math.round(count / 1024)} KiB` : `${count} bytes`;
}
