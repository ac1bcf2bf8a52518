/** What is one's own: passkeys and the password. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ask } from "../api/client";
import { addPasskey, isGivenUp, knowsPasskeys } from "../api/passkeys";
import type { Doors, Page, Passkey } from "../api/types";
import { Answer, Panel, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

export function AccountScreen() {
  const { say } = useWords();
  return (
    <div className="page">
      <h1>{say("account.title")}</h1>
      <Passkeys />
      <Password />
    </div>
  );
}

function Passkeys() {
  const { say, moment } = useWords();
  const client = useQueryClient();
  const doors = useQuery({ queryKey: ["doors"], queryFn: () => ask<Doors>("session/doors") });
  const passkeys = useQuery({ queryKey: ["passkeys"], queryFn: () => ask<Page<Passkey>>("passkeys") });
  const again = () => client.invalidateQueries({ queryKey: ["passkeys"] });
  const add = useMutation({ mutationFn: addPasskey, onSuccess: again });
  const remove = useMutation({ mutationFn: (id: string) => ask(`passkeys/${id}`, { method: "DELETE" }), onSuccess: again });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    add.mutate(String(new FormData(form).get("name")), { onSuccess: () => form.reset() });
  };
  return (
    <Panel title={say("account.passkeys")} flush>
      <div className="body stack">
        <p className="soft">{say("account.passkeys.about")}</p>
        <Answer of={doors}>
          {(here) =>
            here.passkeys && here.origin === location.origin && knowsPasskeys() ? (
              <form className="row" onSubmit={submit}>
                <label className="field">
                  <span>{say("account.passkey.name")}</span>
                  <input className="input" name="name" required maxLength={200} placeholder={say("account.passkey.example")} />
                </label>
                <button className="button primary end" disabled={add.isPending}>
                  {say("account.passkey.add")}
                </button>
              </form>
            ) : (
              <p className="note">{say("account.passkeys.elsewhere", { origin: here.origin })}</p>
            )
          }
        </Answer>
        {isGivenUp(add.error) ? (
          <p className="note" role="status">
            {say("account.passkey.givenUp")}
          </p>
        ) : (
          <ProblemNote error={add.error ?? remove.error} />
        )}
      </div>
      <Answer of={passkeys}>
        {({ items }) =>
          items.length === 0 ? null : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{say("account.passkey.name")}</th>
                  <th scope="col">{say("account.passkey.added")}</th>
                  <th scope="col">{say("account.passkey.used")}</th>
                  <td />
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">{one.name}</th>
                    <td>{moment(one.created_at)}</td>
                    <td>{one.used_at === null ? say("account.passkey.unused") : moment(one.used_at)}</td>
                    <td className="number">
                      <button
                        className="button"
                        aria-label={say("account.passkey.removeOne", { name: one.name })}
                        disabled={remove.isPending}
                        onClick={() => remove.mutate(one.id)}
                      >
                        {say("account.passkey.remove")}
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Answer>
    </Panel>
  );
}

function Password() {
  const { say } = useWords();
  const change = useMutation({ mutationFn: (body: Record<string, string>) => ask("session/password", { method: "PUT", body }) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    change.mutate({ old: String(said.get("old")), new: String(said.get("new")) }, { onSuccess: () => form.reset() });
  };
  return (
    <Panel title={say("account.password")}>
      <div className="stack">
        <p className="soft">{say("account.password.about")}</p>
        <form className="row" onSubmit={submit}>
          <label className="field">
            <span>{say("account.password.old")}</span>
            <input className="input" name="old" type="password" autoComplete="current-password" required />
          </label>
          <label className="field">
            <span>{say("account.password.new")}</span>
            <input className="input" name="new" type="password" autoComplete="new-password" minLength={12} required />
          </label>
          <button className="button end" disabled={change.isPending}>
            {say("account.password.change")}
          </button>
        </form>
        <ProblemNote error={change.error} />
        {change.isSuccess ? (
          <p className="note" role="status">
            {say("account.password.changed")}
          </p>
        ) : null}
      </div>
    </Panel>
  );
}
