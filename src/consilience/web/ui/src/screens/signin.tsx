import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ask } from "../api/client";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

/** A key behind the address (`#enter=…`, `#invitation=…`): browsers send it to nobody. */
export function inAddress(name: "enter" | "invitation"): string | null {
  return new RegExp(`^#${name}=([\\w-]+)$`).exec(location.hash)?.[1] ?? null;
}

export function SignInScreen() {
  const { say } = useWords();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [invitation] = useState(() => inAddress("invitation"));

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { name, password } = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    setError(undefined);
    try {
      if (invitation !== null) {
        await ask("session/invitation", { method: "POST", body: { name, key: invitation, password } });
        history.replaceState(null, "", "#/cases");
      }
      await ask("session", { method: "POST", body: { name, password } });
      await client.invalidateQueries({ queryKey: ["session"] });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="door">
      <form className="panel stack" onSubmit={(event) => void submit(event)}>
        <div className="row">
          <img src="./mark.svg" alt="" width="36" height="36" />
          <h1>Consilience</h1>
        </div>
        {invitation === null ? null : <p className="soft">{say("signIn.invited")}</p>}
        <label className="field">
          <span>{say("signIn.name")}</span>
          <input className="input" name="name" autoComplete="username" required autoFocus />
        </label>
        <label className="field">
          <span>{say(invitation === null ? "signIn.password" : "signIn.newPassword")}</span>
          <input className="input" name="password" type="password" autoComplete={invitation === null ? "current-password" : "new-password"} required />
        </label>
        <ProblemNote error={error} />
        <button className="button primary" disabled={busy}>
          {say("signIn.submit")}
        </button>
      </form>
    </main>
  );
}
