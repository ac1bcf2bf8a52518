import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ask, query } from "../api/client";
import type { Explanation, Page, User } from "../api/types";
import { Answer, Badge, Panel, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

export function AccessScreen() {
  const { say } = useWords();
  const users = useQuery({ queryKey: ["users"], queryFn: () => ask<Page<User>>("users") });
  return (
    <div className="page">
      <h1>{say("access.title")}</h1>
      <Panel title={say("access.users")} flush>
        <Answer of={users}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="body soft">{say("access.local")}</p>
            ) : (
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{say("access.user")}</th>
                    <th scope="col">{say("access.roles")}</th>
                    <th scope="col">{say("case.agency")}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={one.name}>
                      <th scope="row">
                        {one.name} {one.active ? null : <Badge tone="doubt">{say("access.closed")}</Badge>}
                      </th>
                      <td>
                        <span className="row">
                          {one.roles.map((role) => (
                            <Badge key={role.role}>{role.role}</Badge>
                          ))}
                        </span>
                      </td>
                      <td>
                        {one.agency} {one.unit ?? ""}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Answer>
      </Panel>
      <Explain />
    </div>
  );
}

function Explain() {
  const { say } = useWords();
  const explain = useMutation({ mutationFn: (asked: { user: string; record: string }) => ask<Explanation>(`access/explain${query(asked)}`) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    explain.mutate({ user: String(form.get("user")), record: String(form.get("record")) });
  };
  return (
    <Panel title={say("access.explain")}>
      <div className="stack">
        <p className="soft">{say("access.explain.about")}</p>
        <form className="row" onSubmit={submit}>
          <label className="field">
            <span>{say("access.user")}</span>
            <input className="input" name="user" required />
          </label>
          <label className="field">
            <span>{say("case.number")}</span>
            <input className="input" name="record" required />
          </label>
          <button className="button primary end">{say("access.ask")}</button>
        </form>
        <ProblemNote error={explain.error} />
        {explain.data ? (
          <div className={explain.data.allowed ? "note" : "note doubt"} role="status">
            <strong>{say(explain.data.allowed ? "access.allowed" : "access.denied")}</strong>
            <ul>
              {explain.data.reasons.map((one) => (
                <li key={`${one.record}${one.rule}${one.text}`}>
                  <Badge tone={one.grants ? "good" : "plain"}>{one.rule}</Badge> {one.record}: {one.text}
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}
