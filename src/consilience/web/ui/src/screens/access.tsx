/** Who may do what: what nobody was given is denied; what is taken away is confirmed first. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ask, askAll, query } from "../api/client";
import type { Explanation, Policy, User } from "../api/types";
import { Answer, Badge, Field, Panel, ProblemNote, Screen } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { useMay, useSession } from "../session";
import { Members } from "./members";
import { People } from "./people";
import { Subjects } from "./subjects";

export function AccessScreen() {
  const { say } = useWords();
  const may = useMay();
  const session = useSession();
  const users = useQuery({ queryKey: ["users"], queryFn: () => askAll<User>("users") });
  const administers = may("administer");
  return (
    <Screen title={say("access.title")} about={say(session.local_owner ? "access.local" : "access.about")}>
      <Answer of={users}>
        {(items) => (
          <>
            <People users={items} administers={administers} />
            {items.length > 0 ? <Subjects users={items} administers={administers} /> : null}
            <Members users={items} administers={administers} />
            <Explain users={items} />
          </>
        )}
      </Answer>
      {administers ? <Policies /> : null}
    </Screen>
  );
}

function Explain({ users }: { users: User[] }) {
  const { say } = useWords();
  const explain = useMutation({ mutationFn: (asked: { user: string; record: string }) => ask<Explanation>(`access/explain${query(asked)}`) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    explain.mutate({ user: String(form.get("user")), record: String(form.get("record")) });
  };
  if (users.length === 0) return null;
  return (
    <Panel title={say("access.explain")}>
      <div className="stack">
        <p className="soft">{say("access.explain.about")}</p>
        <form className="row" onSubmit={submit}>
          <Field label={say("access.user")}>
            <input className="input" name="user" required list="access-users" />
          </Field>
          <datalist id="access-users">
            {users.map((one) => (
              <option key={one.name} value={one.name} />
            ))}
          </datalist>
          <Field label={say("access.record")}>
            <input className="input" name="record" required />
          </Field>
          <button className="button primary end">{say("access.ask")}</button>
        </form>
        <ProblemNote error={explain.error} />
        {explain.data ? (
          <div className={explain.data.allowed ? "note" : "note doubt"} role="status">
            <strong>{say(explain.data.allowed ? "access.allowed" : "access.denied")}</strong>
            <ul className="plain">
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

/** How many must agree before something counts. */
function Policies() {
  const { say, moment } = useWords();
  const client = useQueryClient();
  const policies = useQuery({ queryKey: ["policies"], queryFn: () => ask<Policy[]>("policies") });
  const set = useMutation({
    mutationFn: ({ subject, votes }: { subject: string; votes: number }) => ask(`policies/${subject}`, { method: "PUT", body: { votes } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["policies"] }),
  });
  return (
    <Panel title={say("policy.title")} flush>
      <p className="body soft">{say("policy.about")}</p>
      <ProblemNote error={set.error} />
      <Answer of={policies}>
        {(found) => (
          <table className="table">
            <tbody>
              {found.map((one) => (
                <tr key={one.subject}>
                  <th scope="row">{say(`policy.${one.subject}` as MessageId)}</th>
                  <td>
                    <input
                      key={one.votes}
                      className="input few"
                      type="number"
                      min={one.subject === "disclosure" ? 0 : 1}
                      max={one.subject === "disclosure" ? 1 : 100}
                      defaultValue={one.votes}
                      aria-label={say(`policy.${one.subject}` as MessageId)}
                      onBlur={(event) => {
                        const votes = event.target.valueAsNumber;
                        if (Number.isInteger(votes) && votes !== one.votes) set.mutate({ subject: one.subject, votes });
                      }}
                    />
                  </td>
                  <td className="soft small">{one.set_by === null || one.set_at === null ? say("policy.default") : say("policy.setBy", { by: one.set_by, at: moment(one.set_at) })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
    </Panel>
  );
}
