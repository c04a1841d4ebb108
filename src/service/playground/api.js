// The service, as the page sees it. Addresses are relative, so that a proxy may put the service
// under any path.

import { events } from "./stream.js";

const TOKEN_KEY = "cloche.token";

// The service refused a request, or could not be reached (status 0).
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", retryAfter = 0, requestId = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter; // seconds
    this.requestId = requestId;
  }

  get wantsToken() {
    return this.status === 401 || this.status === 403;
  }
}

export function setToken(token) {
  try {
    sessionStorage.setItem(TOKEN_KEY, token);
  } catch {
    // Without storage the token lasts as long as the page.
  }
  memory.token = token;
}

const memory = { token: "" };

function headers() {
  let token = memory.token;
  try {
    token ||= sessionStorage.getItem(TOKEN_KEY) ?? "";
  } catch {
    // No storage: the token of this page, if there is one.
  }
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...headers(), ...options.headers },
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The service cannot be reached. Is it running, and are you online?");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // The body is not ours (a proxy's page, for example): only the status counts.
  }
  const retry = response.headers.get("Retry-After") ?? "";
  return new ApiError(body.error?.message ?? `The service answered with status ${response.status}.`, {
    status: response.status,
    code: body.error?.code ?? "",
    requestId: body.requestId ?? "",
    retryAfter: secondsUntil(retry),
  });
}

// Retry-After is a number of seconds or a date.
function secondsUntil(text) {
  if (/^\d+$/.test(text.trim())) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

export async function languages() {
  return (await (await request("v1/languages")).json()).languages;
}

// Starts a run; yields its events as they happen. Aborting the signal hangs up.
export async function* run(options, signal) {
  const response = await request("v1/runs?stream=1", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(options),
    signal,
  });
  yield* events(response.body);
}

export async function cancel(id) {
  await request(`v1/runs/${encodeURIComponent(id)}`, { method: "DELETE" });
}
