/** Who is let to each case: members, and agencies to which it is released. Nothing of its content is here. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, askAll, query } from "../api/client";
import type { CaseAccess, User } from "../api/types";
import { ConfirmButton, FormDialog } from "../design/dialog";
import { Answer, Badge, Empty, Field, Panel } from "../design/parts";
import { useWords, type MessageId } from "../i18n";

const LEVELS = ["case", "agency", "named-agencies", "hit-no-hit", "installation"] as const;

export function Members({ users, administers }: { users: User[]; administers: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const cases = useQuery({ queryKey: ["access", "cases"], queryFn: () => askAll<CaseAccess>("access/cases") });
  const refresh = () => client.invalidateQueries({ queryKey: ["access"] });
  return (
    <Panel title={say("members.title")} flush>
      <p className="body soft">{say("members.about")}</p>
      <Answer of={cases}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say("cases.none")} />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{say("audit.case")}</th>
                  <th scope="col">{say("members.who")}</th>
                  <th scope="col">{say("members.release")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">
                      {one.number} <span className="soft small">{one.agency}</span>
                    </th>
                    <td>
                      <span className="row tight">
                        {one.members.map((member) => (
                          <Member key={`${member.user}/${member.unit}`} of={one} member={member} administers={administers} refresh={refresh} />
                        ))}
                        {one.members.length === 0 ? <span className="soft">{say("members.none")}</span> : null}
                        {administers && users.length > 0 ? <Join of={one} users={users} refresh={refresh} /> : null}
                      </span>
                    </td>
                    <td>
                      <Release of={one} users={users} administers={administers} refresh={refresh} />
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

interface Part {
  of: CaseAccess;
  refresh: () => unknown;
}

function Member({ of, member, administers, refresh }: Part & { member: CaseAccess["members"][number]; administers: boolean }) {
  const { say } = useWords();
  const name = member.user ?? say("members.unit", { unit: member.unit ?? "" });
  return (
    <Badge tone={member.user ? "plain" : "accent"}>
      {name}
      {administers ? (
        <ConfirmButton
          label="×"
          name={say("members.leave", { name, number: of.number })}
          consequence={say("members.leave.then", { name, number: of.number })}
          act={() => ask(`cases/${of.id}/members${query({ user: member.user, unit: member.unit })}`, { method: "DELETE" })}
          done={refresh}
        />
      ) : null}
    </Badge>
  );
}

function Join({ of, users, refresh }: Part & { users: User[] }) {
  const { say } = useWords();
  const members = new Set(of.members.map((one) => (one.user === null ? `unit:${one.unit}` : `user:${one.user}`)));
  const people = users.filter((one) => one.active && !members.has(`user:${one.name}`));
  const units = [...new Set(users.filter((one) => one.agency === of.agency).map((one) => one.unit))].filter((one) => one && !members.has(`unit:${one}`));
  return (
    <FormDialog
      title={say("members.join")}
      about={of.number}
      look="quiet"
      send={(form) => {
        const [kind, ...name] = String(form.get("who")).split(":");
        return ask(`cases/${of.id}/members`, { method: "POST", body: { [kind!]: name.join(":") } });
      }}
      done={refresh}
    >
      <Field label={say("members.who")}>
        <select className="select" name="who" required>
          {units.map((one) => (
            <option key={one} value={`unit:${one}`}>
              {say("members.unit", { unit: one! })}
            </option>
          ))}
          {people.map((one) => (
            <option key={one.name} value={`user:${one.name}`}>
              {one.name}
            </option>
          ))}
        </select>
      </Field>
    </FormDialog>
  );
}

function Release({ of, users, administers, refresh }: Part & { users: User[]; administers: boolean }) {
  const { say } = useWords();
  const agencies = [...new Set(users.map((one) => one.agency))].filter((one) => one !== of.agency && !of.agencies.includes(one));
  return (
    <span className="row tight">
      <span>{say(`level.${of.release_level}` as MessageId)}</span>
      {of.agencies.map((one) => (
        <Badge key={one}>
          {one}
          {administers ? (
            <ConfirmButton
              label="×"
              name={say("members.withdraw", { agency: one, number: of.number })}
              consequence={say("members.withdraw.then", { agency: one, number: of.number })}
              act={() => ask(`cases/${of.id}/release${query({ agency: one })}`, { method: "DELETE" })}
              done={refresh}
            />
          ) : null}
        </Badge>
      ))}
      {administers ? (
        <FormDialog
          title={say("members.release.set")}
          about={`${of.number}. ${say("members.release.about")}`}
          look="quiet"
          send={(form) => {
            const level = String(form.get("level"));
            const named = form.getAll("agency").map(String);
            return ask(`cases/${of.id}/release`, { method: "PUT", body: { level, agencies: level === "named-agencies" ? named : [] } });
          }}
          done={refresh}
        >
          <Field label={say("members.release")}>
            <select className="select" name="level" defaultValue={of.release_level}>
              {LEVELS.map((one) => (
                <option key={one} value={one}>
                  {say(`level.${one}`)}
                </option>
              ))}
            </select>
          </Field>
          {agencies.length === 0 ? null : (
            <fieldset className="plain stack tight">
              <legend className="small soft">{say("level.named-agencies")}</legend>
              {agencies.map((one) => (
                <label key={one} className="choice">
                  <input type="checkbox" name="agency" value={one} /> <span>{one}</span>
                </label>
              ))}
            </fieldset>
          )}
        </FormDialog>
      ) : null}
    </span>
  );
}
