/** Passkeys: what the server asks is passed to the browser's authenticator, and its answer back. */
import { ask } from "./client";

/** Whether this browser knows passkeys, and how to read what the server asks. */
export const knowsPasskeys = (): boolean => "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Somebody closed the browser's dialog, let it wait too long, or has such a passkey already: no failure. */
export const isGivenUp = (error: unknown): boolean =>
  error instanceof DOMException && ["NotAllowedError", "AbortError", "InvalidStateError"].includes(error.name);

/** Sign in with any passkey that the authenticator has for this page. */
export async function signInWithPasskey(): Promise<void> {
  const { options } = await ask<{ options: PublicKeyCredentialRequestOptionsJSON }>("session/passkey/options", { method: "POST" });
  const found = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  const { rawId, response } = found as PublicKeyCredential & { response: AuthenticatorAssertionResponse };
  await ask("session/passkey", {
    method: "POST",
    body: {
      credential: text(rawId),
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
      user_handle: text(response.userHandle ?? new ArrayBuffer(0)),
    },
  });
}

/** Have the authenticator make a passkey for who is signed in. */
export async function addPasskey(name: string): Promise<void> {
  const { options } = await ask<{ options: PublicKeyCredentialCreationOptionsJSON }>("passkeys/options", { method: "POST" });
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  const { response } = made as PublicKeyCredential & { response: AuthenticatorAttestationResponse };
  await ask("passkeys", {
    method: "POST",
    body: { name, client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) },
  });
}

/** base64url without padding. */
function text(bytes: ArrayBuffer): string {
  const plain = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
