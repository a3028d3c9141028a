// Passkeys: a form asks the browser to make one or to sign with one, and carries the answer.
(() => {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function creation(options) {
    const user = { ...options.user, id: bytes(options.user.id) };
    const excludeCredentials = named(options.excludeCredentials);
    return { ...options, challenge: bytes(options.challenge), user, excludeCredentials };
  }

  function request(options) {
    const allowCredentials = named(options.allowCredentials);
    return { ...options, challenge: bytes(options.challenge), allowCredentials };
  }

  function written(credential) {
    const { response } = credential;
    const parts = { clientDataJSON: text(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) parts[name] = text(response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: parts,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  }

  async function ask(form) {
    const options = JSON.parse(form.dataset.options);
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: creation(options) })
        : await navigator.credentials.get({ publicKey: request(options) });
    form.querySelector("[data-passkey-answer]").value = written(credential);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-passkey-start]");
    if (!button) return;
    const form = button.closest("form");
    const trouble = form.querySelector("[data-passkey-error]");
    button.disabled = true;
    button.dataset.busy = "";
    trouble.hidden = true;
    try {
      await ask(form);
      form.requestSubmit();
    } catch {
      trouble.hidden = false;
      button.disabled = false;
      delete button.dataset.busy;
    }
  });

  // Enter in a field means the button.
  document.addEventListener("submit", (event) => {
    const answer = event.target.querySelector?.("[data-passkey-answer]");
    if (!answer || answer.value) return;
    event.preventDefault();
    event.target.querySelector("[data-passkey-start]").click();
  }, true);
})();
