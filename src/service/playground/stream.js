// Server-sent events from a fetch: EventSource cannot POST.

// Yields {event, data} for each event of the stream; data is the parsed JSON.
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new Lines();
  let event = "message";
  let data = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of lines.split(value)) {
        if (line === "") {
          if (data.length > 0) yield { event, data: JSON.parse(data.join("\n")) };
          event = "message";
          data = [];
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue; // a comment keeps the connection alive
        const field = colon < 0 ? line : line.slice(0, colon);
        const content = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
        if (field === "event") event = content;
        if (field === "data") data.push(content);
      }
    }
  } finally {
    // A reader that stops early hangs up, which cancels the run.
    reader.cancel().catch(() => {});
  }
}

// Cuts text that comes in pieces into lines, ended by LF or CR LF. Each piece is searched only once,
// because one event may have megabytes.
class Lines {
  #pieces = [];

  *split(text) {
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      this.#pieces.push(text.slice(start, end));
      const line = this.#pieces.join("");
      this.#pieces = [];
      start = end + 1;
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (start < text.length) this.#pieces.push(text.slice(start));
  }
}
