// Asks the browser for a passkey, and sends its answer with the form.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(options) {
  const known = (options.excludeCredentials || []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) {
    read.user = { ...options.user, id: toBytes(options.user.id) };
    read.excludeCredentials = known;
  }
  return read;
}

function written(credential) {
  const said = credential.response;
  const response = { clientDataJSON: toText(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[name]) response[name] = toText(said[name]);
  }
  if (said.getTransports) response.transports = said.getTransports();
  const id = toText(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response });
}

async function ask(form) {
  const answer = await fetch(form.dataset.asks, { headers: { accept: "application/json" } });
  if (!answer.ok || answer.redirected) {
    location.reload();
    return null;
  }
  const { publicKey } = await answer.json();
  const asked = { publicKey: readable(publicKey) };
  return publicKey.user
    ? navigator.credentials.create(asked)
    : navigator.credentials.get(asked);
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const failed = form.querySelector("[data-failed]");
  const button = form.querySelector("button");
  failed.hidden = true;
  button.disabled = true;
  try {
    const credential = await ask(form);
    if (credential) {
      form.elements.credential.value = written(credential);
      form.submit();
    }
  } catch {
    failed.hidden = false;
  } finally {
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-asks]")) {
  const unsupported = form.previousElementSibling;
  unsupported.previousElementSibling.hidden = true;
  if (window.PublicKeyCredential) {
    form.addEventListener("submit", send);
    form.hidden = false;
  } else {
    unsupported.hidden = false;
  }
}
