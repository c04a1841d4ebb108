// Asks for the token that the service wants. The dialog is the browser's own: it keeps the focus
// while it is open, Escape closes it, and the focus returns to where it was.

import { setToken } from "./api.js";
import { byId } from "./dom.js";

// Resolves to whether one was given.
export function askForToken(message) {
  const dialog = byId("token-dialog");
  const form = dialog.querySelector("form");
  const input = byId("token");
  byId("token-message").textContent = message;
  input.value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    let given = false;
    const submitted = (event) => {
      event.preventDefault(); // the page's policy allows no form to be sent
      const token = input.value.trim();
      if (!token) return;
      setToken(token);
      given = true;
      dialog.close();
    };
    const cancelled = () => dialog.close();
    const closed = () => {
      form.removeEventListener("submit", submitted);
      byId("token-cancel").removeEventListener("click", cancelled);
      input.value = "";
      resolve(given);
    };
    form.addEventListener("submit", submitted);
    byId("token-cancel").addEventListener("click", cancelled);
    dialog.addEventListener("close", closed, { once: true });
  });
}
