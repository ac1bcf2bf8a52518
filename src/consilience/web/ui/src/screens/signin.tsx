import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState, type FormEvent } from "react";
import { ask } from "../api/client";
import { isGivenUp, knowsPasskeys, signInWithPasskey } from "../api/passkeys";
import type { Doors } from "../api/types";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

/** A key behind the address (`#enter=…`, `#invitation=…`): browsers send it to nobody. */
export function inAddress(name: "enter" | "invitation"): string | null {
  return new RegExp(`^#${name}=([\\w-]+)$`).exec(location.hash)?.[1] ?? null;
}

/** What the provider sent the browser back with; it leaves the address bar at once, and is good for once. */
let brought = fromProvider();

function fromProvider(): { code: string; state: string } | null {
  const said = new URLSearchParams(location.search);
  const [code, state] = [said.get("code"), said.get("state")];
  if (state === null) return null;
  history.replaceState(null, "", "/#/cases");
  return { code: code ?? "none", state };
}

export function SignInScreen() {
  const { say } = useWords();
  const client = useQueryClient();
  const doors = useQuery({ queryKey: ["doors"], queryFn: () => ask<Doors>("session/doors") });
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [invitation] = useState(() => inAddress("invitation"));

  const attempt = useCallback(
    async (signIn: () => Promise<unknown>) => {
      setBusy(true);
      setError(undefined);
      try {
        await signIn();
        await client.invalidateQueries({ queryKey: ["session"] });
      } catch (problem) {
        if (!isGivenUp(problem)) setError(problem);
      } finally {
        setBusy(false);
      }
    },
    [client],
  );

  useEffect(() => {
    if (brought === null) return;
    const body = brought;
    brought = null;
    void attempt(() => ask("session/provider", { method: "POST", body }));
  }, [attempt]);

  const withPassword = async ({ name, password }: Record<string, unknown>) => {
    if (invitation !== null) {
      await ask("session/invitation", { method: "POST", body: { name, key: invitation, password } });
      history.replaceState(null, "", "#/cases");
    }
    await ask("session", { method: "POST", body: { name, password } });
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void attempt(() => withPassword(Object.fromEntries(new FormData(event.currentTarget))));
  };
  const leave = async () => {
    const { address } = await ask<{ address: string }>("session/provider/address", { method: "POST" });
    location.assign(address);
  };

  // What is good at another address of this server is not offered here.
  const here = doors.data?.origin === location.origin && invitation === null ? doors.data : undefined;
  return (
    <main className="door">
      <form className="panel stack" onSubmit={submit}>
        <div className="row">
          <img src="./mark.svg" alt="" width="36" height="36" />
          <h1>Consilience</h1>
        </div>
        {invitation === null ? null : <p className="soft">{say("signIn.invited")}</p>}
        {here?.passkeys && knowsPasskeys() ? (
          <button type="button" className="button wide" disabled={busy} onClick={() => void attempt(signInWithPasskey)}>
            {say("signIn.passkey")}
          </button>
        ) : null}
        {here?.provider ? (
          <button type="button" className="button wide" disabled={busy} onClick={() => void attempt(leave)}>
            {say("signIn.provider", { name: here.provider })}
          </button>
        ) : null}
        <label className="field">
          <span>{say("signIn.name")}</span>
          <input className="input" name="name" autoComplete="username" required autoFocus />
        </label>
        <label className="field">
          <span>{say(invitation === null ? "signIn.password" : "signIn.newPassword")}</span>
          <input className="input" name="password" type="password" autoComplete={invitation === null ? "current-password" : "new-password"} required />
        </label>
        <ProblemNote error={error} />
        <button className="button primary wide" disabled={busy}>
          {say("signIn.submit")}
        </button>
      </form>
    </main>
  );
}
