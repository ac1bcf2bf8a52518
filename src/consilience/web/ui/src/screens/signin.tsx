import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ask } from "../api/client";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

export function SignInScreen() {
  const { say } = useWords();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await ask("session", { method: "POST", body: { name: form.get("name"), password: form.get("password") } });
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
        <label className="field">
          <span>{say("signIn.name")}</span>
          <input className="input" name="name" autoComplete="username" required autoFocus />
        </label>
        <label className="field">
          <span>{say("signIn.password")}</span>
          <input className="input" name="password" type="password" autoComplete="current-password" required />
        </label>
        <ProblemNote error={error} />
        <button className="button primary" disabled={busy}>
          {say("signIn.submit")}
        </button>
      </form>
    </main>
  );
}
