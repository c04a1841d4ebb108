// Keeps work in this browser, by language, and in links.
//
// A link carries the code in its fragment, which browsers do not send.

const PREFIX = "cloche.playground.";
// The page makes no link that unpacks to more.
const MAX_LINK = 1 << 20;

export function load(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null; // no storage, or not what we wrote
  }
}

// Returns whether it could be kept.
export function save(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // There was nothing to forget.
  }
}

// The fragment for this work: "#code=" and its JSON, deflated, in URL-safe base64.
export async function toFragment(work) {
  const packed = await throughStream(
    new TextEncoder().encode(JSON.stringify(work)),
    new CompressionStream("deflate-raw"),
    Infinity,
  );
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return "#code=" + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The work in a fragment; null where the fragment holds none. Throws where it cannot be read.
export async function fromFragment(fragment) {
  const match = /^#code=([\w-]+)$/.exec(fragment);
  if (!match) return fragment.startsWith("#code") ? fail() : null;
  const binary = atob(match[1].replaceAll("-", "+").replaceAll("_", "/"));
  const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const bytes = await throughStream(packed, new DecompressionStream("deflate-raw"), MAX_LINK);
  const work = JSON.parse(new TextDecoder().decode(bytes));
  return work && typeof work === "object" && typeof work.language === "string" ? work : fail();
}

function fail() {
  throw new Error("not a link of this page");
}

async function throughStream(bytes, stream, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const pieces = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      reader.cancel().catch(() => {});
      fail();
    }
    pieces.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
