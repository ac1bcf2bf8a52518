/** Whom the sign-in provider means by which of its subjects: nobody else comes in through it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, askAll } from "../api/client";
import type { BoundSubject, Doors, User } from "../api/types";
import { ConfirmButton, FormDialog } from "../design/dialog";
import { Answer, Empty, Field, Panel } from "../design/parts";
import { useWords } from "../i18n";

const addressOf = (user: string) => `users/${encodeURIComponent(user)}/subject`;

export function Subjects({ users, administers }: { users: User[]; administers: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const doors = useQuery({ queryKey: ["doors"], queryFn: () => ask<Doors>("session/doors") });
  const bound = useQuery({ queryKey: ["subjects"], queryFn: () => askAll<BoundSubject>("subjects") });
  const provider = doors.data?.provider ?? null;
  const refresh = () => client.invalidateQueries({ queryKey: ["subjects"] });
  return (
    <Panel title={say("subjects.title")} actions={administers && provider ? <Bind users={users} provider={provider} done={refresh} /> : null} flush>
      <Answer of={doors}>
        {() => (
          <Answer of={bound}>
            {(items) =>
              items.length > 0 ? (
                <Bound subjects={items} administers={administers} done={refresh} />
              ) : provider === null ? (
                <p className="body soft">{say("subjects.noProvider")}</p>
              ) : (
                <Empty title={say("subjects.none")}>
                  <p>{say("subjects.none.next", { provider })}</p>
                </Empty>
              )
            }
          </Answer>
        )}
      </Answer>
    </Panel>
  );
}

function Bound({ subjects, administers, done }: { subjects: BoundSubject[]; administers: boolean; done: () => unknown }) {
  const { say, moment } = useWords();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{say("access.user")}</th>
          <th scope="col">{say("subjects.subject")}</th>
          <th scope="col">{say("subjects.provider")}</th>
          <th scope="col">{say("subjects.bound")}</th>
          {administers ? <td /> : null}
        </tr>
      </thead>
      <tbody>
        {subjects.map((one) => (
          <tr key={one.user}>
            <th scope="row">{one.user}</th>
            <td>
              <bdi className="mono">{one.subject}</bdi>
            </td>
            <td>
              <bdi>{one.issuer}</bdi>
            </td>
            <td className="soft small">{say("policy.setBy", { by: one.bound_by, at: moment(one.bound_at) })}</td>
            {administers ? (
              <td className="number">
                <ConfirmButton
                  label={say("subjects.unbind")}
                  name={say("subjects.unbind.of", { name: one.user })}
                  consequence={say("subjects.unbind.then", { name: one.user })}
                  act={() => ask(addressOf(one.user), { method: "DELETE" })}
                  done={done}
                />
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bind({ users, provider, done }: { users: User[]; provider: string; done: () => unknown }) {
  const { say } = useWords();
  return (
    <FormDialog
      title={say("subjects.bind")}
      about={say("subjects.bind.about", { provider })}
      send={(form) => ask<BoundSubject>(addressOf(String(form.get("user"))), { method: "PUT", body: { subject: String(form.get("subject")) } })}
      done={done}
    >
      <Field label={say("access.user")}>
        <select className="select" name="user" required>
          {users
            .filter((one) => one.active)
            .map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
        </select>
      </Field>
      <Field label={say("subjects.subject")}>
        <input className="input mono" name="subject" required maxLength={255} spellCheck={false} autoComplete="off" />
      </Field>
    </FormDialog>
  );
}
