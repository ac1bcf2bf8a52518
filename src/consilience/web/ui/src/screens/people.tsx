/** People and their roles: given, taken away after a question, invited, closed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask } from "../api/client";
import type { Role, User } from "../api/types";
import { ConfirmButton, FormDialog } from "../design/dialog";
import { Badge, Empty, Field, Panel, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

interface Invitation {
  name: string;
  key: string;
}

export function People({ users, administers }: { users: User[]; administers: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const roles = useQuery({ queryKey: ["roles"], queryFn: () => ask<Role[]>("roles"), staleTime: Infinity }).data ?? [];
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const refresh = () => Promise.all(["users", "session", "access"].map((what) => client.invalidateQueries({ queryKey: [what] })));
  const titles = new Map(roles.map((one) => [one.code, one.title]));
  return (
    <Panel title={say("access.users")} actions={administers ? <AddUser users={users} roles={roles} done={refresh} /> : null} flush>
      {invitation ? (
        <div className="note body" role="status">
          <strong>{say("access.invitation", { name: invitation.name })}</strong>
          <p className="mono small">{`${location.origin}/#invitation=${invitation.key}`}</p>
          <p className="small">{say("access.invitation.about")}</p>
          <button className="button" onClick={() => setInvitation(null)}>
            {say("close")}
          </button>
        </div>
      ) : null}
      {users.length === 0 ? (
        <Empty title={say("access.nobody")}>
          <p>{say("access.nobody.next")}</p>
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{say("access.user")}</th>
              <th scope="col">{say("access.unit")}</th>
              <th scope="col">{say("access.roles")}</th>
              {administers ? <th scope="col">{say("access.account")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {users.map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  {one.name} {one.active ? null : <Badge tone="doubt">{say("access.closed")}</Badge>}
                </th>
                <td>
                  {one.unit ? `${one.unit}, ` : ""}
                  {one.agency}
                </td>
                <td>
                  <span className="row tight">
                    {one.roles.map(({ role }) => (
                      <Badge key={role}>
                        {titles.get(role) ?? role}
                        {administers && one.active ? (
                          <ConfirmButton
                            label="×"
                            name={say("access.revoke", { role: titles.get(role) ?? role, name: one.name })}
                            consequence={say("access.revoke.then", { role: titles.get(role) ?? role, name: one.name })}
                            act={() => ask(`users/${encodeURIComponent(one.name)}/roles/${role}`, { method: "DELETE" })}
                            done={refresh}
                          />
                        ) : null}
                      </Badge>
                    ))}
                    {one.roles.length === 0 ? <span className="soft">{say("access.noRole")}</span> : null}
                    {administers && one.active ? <GiveRole user={one} roles={roles} done={refresh} /> : null}
                  </span>
                </td>
                {administers ? (
                  <td>
                    {one.active ? (
                      <span className="row tight">
                        <Invite user={one} invited={setInvitation} />
                        <ConfirmButton
                          label={say("access.close")}
                          name={say("access.close.of", { name: one.name })}
                          consequence={say("access.close.then", { name: one.name })}
                          act={() => ask(`users/${encodeURIComponent(one.name)}`, { method: "DELETE" })}
                          done={refresh}
                        />
                      </span>
                    ) : null}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Invite({ user, invited }: { user: User; invited: (made: Invitation) => void }) {
  const { say } = useWords();
  const invite = useMutation({ mutationFn: () => ask<Invitation>(`users/${encodeURIComponent(user.name)}/invitation`, { method: "POST" }), onSuccess: invited });
  return (
    <>
      <button className="button quiet" disabled={invite.isPending} onClick={() => invite.mutate()}>
        {say("access.invite")} <span className="visually-hidden">{user.name}</span>
      </button>
      <ProblemNote error={invite.error} />
    </>
  );
}

function GiveRole({ user, roles, done }: { user: User; roles: Role[]; done: () => unknown }) {
  const { say } = useWords();
  const held = new Set(user.roles.map((one) => one.role));
  return (
    <FormDialog
      title={say("access.grant")}
      about={user.name}
      look="quiet"
      send={(form) => ask(`users/${encodeURIComponent(user.name)}/roles/${String(form.get("role"))}`, { method: "PUT" })}
      done={done}
    >
      <RoleChoice roles={roles.filter((one) => !held.has(one.code))} />
    </FormDialog>
  );
}

function RoleChoice({ roles, chosen }: { roles: Role[]; chosen?: string }) {
  return (
    <fieldset className="plain stack tight">
      {roles.map((one) => (
        <label key={one.code} className="choice">
          <input type="radio" name="role" value={one.code} required defaultChecked={one.code === chosen} />
          <span>
            {one.title}
            <span className="soft small"> {one.meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function AddUser({ users, roles, done }: { users: User[]; roles: Role[]; done: () => unknown }) {
  const { say } = useWords();
  const first = users.length === 0;
  const known = (of: (user: User) => string | null) => [...new Set(users.map(of))].filter((one): one is string => !!one);
  return (
    <FormDialog
      title={say("access.add")}
      about={say(first ? "access.add.first" : "access.add.about")}
      look="primary"
      send={(form) =>
        ask("users", {
          method: "POST",
          body: { name: String(form.get("name")), agency: String(form.get("agency")), unit: String(form.get("unit")), roles: [String(form.get("role"))] },
        })
      }
      done={done}
    >
      <Field label={say("access.name")}>
        <input className="input" name="name" required maxLength={200} autoComplete="off" />
      </Field>
      <Field label={say("case.agency")}>
        <input className="input" name="agency" required maxLength={200} list="known-agencies" defaultValue={users[0]?.agency ?? ""} />
      </Field>
      <Field label={say("access.unit")}>
        <input className="input" name="unit" maxLength={200} list="known-units" />
      </Field>
      <datalist id="known-agencies">
        {known((one) => one.agency).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <datalist id="known-units">
        {known((one) => one.unit).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <RoleChoice roles={roles} {...(first ? { chosen: "administrator" } : {})} />
    </FormDialog>
  );
}
