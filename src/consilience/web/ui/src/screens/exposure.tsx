/** How much each person saw, what a unit lays down for it, and what waits for a second person. No picture is here. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, askAll } from "../api/client";
import type { Approval, Exposure, ExposureLimit } from "../api/types";
import { ConfirmButton, FormDialog } from "../design/dialog";
import { Answer, Badge, Empty, Field, Panel, ProblemNote, Screen } from "../design/parts";
import { useWords } from "../i18n";
import { useMay, useSession } from "../session";

export function ExposureScreen() {
  const { say } = useWords();
  const may = useMay();
  return (
    <Screen title={say("exposure.title")} about={say("exposure.about")}>
      {may("approve") ? <Approvals /> : null}
      <People />
      <Limits lays={may("approve", "administer")} />
    </Screen>
  );
}

function People() {
  const { say, number } = useWords();
  const exposure = useQuery({ queryKey: ["exposure"], queryFn: () => askAll<Exposure>("exposure") });
  return (
    <Panel title={say("exposure.people")} flush>
      <Answer of={exposure}>
        {(items) => {
          const most = Math.max(1, ...items.map((one) => Math.max(one.revealed_today, one.limit ?? 0)));
          return (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{say("exposure.person")}</th>
                  <th scope="col">{say("exposure.revealed")}</th>
                  {(["revealedWeek", "today", "week", "limit"] as const).map((one) => (
                    <th key={one} scope="col" className="number">
                      {say(`exposure.${one}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.person}>
                    <th scope="row">{one.person}</th>
                    <td>
                      <span className="meter">
                        <span className="meter-line" aria-hidden="true">
                          <span className={isReached(one) ? "alert" : undefined} style={{ inlineSize: `${(100 * one.revealed_today) / most}%` }} />
                          {one.limit === null ? null : <i style={{ insetInlineStart: `${(100 * one.limit) / most}%` }} />}
                        </span>
                        {isReached(one) ? <Badge tone="alert">{number(one.revealed_today)}</Badge> : <span>{number(one.revealed_today)}</span>}
                      </span>
                    </td>
                    <td className="number">{number(one.revealed_week)}</td>
                    <td className="number">{number(one.today)}</td>
                    <td className="number">{number(one.week)}</td>
                    <td className="number">{one.limit === null ? <span className="soft">{say("exposure.none")}</span> : number(one.limit)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Answer>
    </Panel>
  );
}

const isReached = (one: Exposure): boolean => one.limit !== null && one.revealed_today >= one.limit;

function Limits({ lays }: { lays: boolean }) {
  const { say, number } = useWords();
  const client = useQueryClient();
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => ask<ExposureLimit[]>("exposure/limits") });
  const refresh = () => Promise.all(["limits", "exposure"].map((what) => client.invalidateQueries({ queryKey: [what] })));
  const whose = (one: ExposureLimit) => (one.unit === null ? (one.agency ?? say("limits.everybody")) : `${one.unit}, ${one.agency}`);
  return (
    <Panel title={say("limits.title")} actions={lays ? <SetLimit done={refresh} /> : null} flush>
      <p className="body soft">{say("limits.about")}</p>
      <Answer of={limits}>
        {(found) => {
          const standing = found.filter((one) => one.a_day !== null || one.before_a_break !== null);
          return standing.length === 0 ? (
            <Empty title={say("limits.none")}>
              <p>{say("limits.none.next")}</p>
            </Empty>
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{say("limits.whose")}</th>
                  <th scope="col" className="number">{say("limits.aDay")}</th>
                  <th scope="col">{say("limits.breaks")}</th>
                  {lays ? <th scope="col">{say("limits.lift")}</th> : null}
                </tr>
              </thead>
              <tbody>
                {standing.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">{whose(one)}</th>
                    <td className="number">{one.a_day === null ? "–" : number(one.a_day)}</td>
                    <td>
                      {one.before_a_break === null || one.break_minutes === null
                        ? "–"
                        : say("limits.break", { pictures: number(one.before_a_break), minutes: number(one.break_minutes) })}
                    </td>
                    {lays ? (
                      <td>
                        <ConfirmButton
                          label={say("limits.lift")}
                          name={say("limits.lift.of", { whose: whose(one) })}
                          consequence={say("limits.lift.then", { whose: whose(one) })}
                          act={() => ask("exposure/limits", { method: "PUT", body: { agency: one.agency, unit: one.unit } })}
                          done={refresh}
                        />
                      </td>
                    ) : null}
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Answer>
    </Panel>
  );
}

function SetLimit({ done }: { done: () => unknown }) {
  const { say } = useWords();
  const written = (form: FormData, name: string) => {
    const said = String(form.get(name) ?? "").trim();
    return said === "" ? null : said;
  };
  const counted = (form: FormData, name: string) => (written(form, name) === null ? null : Number(written(form, name)));
  return (
    <FormDialog
      title={say("limits.set")}
      about={say("limits.set.about")}
      look="primary"
      send={(form) =>
        ask("exposure/limits", {
          method: "PUT",
          body: {
            agency: written(form, "agency"),
            unit: written(form, "unit"),
            a_day: counted(form, "a_day"),
            before_a_break: counted(form, "before_a_break"),
            break_minutes: counted(form, "break_minutes"),
          },
        })
      }
      done={done}
    >
      <Field label={say("case.agency")}>
        <input className="input" name="agency" placeholder={say("limits.everybody")} />
      </Field>
      <Field label={say("access.unit")}>
        <input className="input" name="unit" />
      </Field>
      <Field label={say("limits.aDay")}>
        <input className="input few" name="a_day" type="number" min={0} max={1_000_000} />
      </Field>
      <Field label={say("limits.before")}>
        <input className="input few" name="before_a_break" type="number" min={1} max={10_000} />
      </Field>
      <Field label={say("limits.minutes")}>
        <input className="input few" name="break_minutes" type="number" min={1} max={1440} />
      </Field>
    </FormDialog>
  );
}

/** What is to leave the agency, and waits for somebody other than who asked. */
function Approvals() {
  const { say, moment } = useWords();
  const client = useQueryClient();
  const session = useSession();
  const waiting = useQuery({ queryKey: ["approvals"], queryFn: () => ask<Approval[]>("approvals") });
  const approve = useMutation({
    mutationFn: (id: string) => ask(`approvals/${id}`, { method: "POST" }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["approvals"] }),
  });
  if (!waiting.data?.length) return null;
  return (
    <Panel title={say("approvals.title")} flush>
      <ProblemNote error={approve.error} />
      <table className="table">
        <tbody>
          {waiting.data.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                {one.act} · {one.case}
              </th>
              <td>{say("approvals.asked", { by: one.asked_by, at: moment(one.asked_at) })}</td>
              <td>
                {one.approved_by === null ? (
                  <button className="button" disabled={approve.isPending || one.asked_by === session.name} onClick={() => approve.mutate(one.id)}>
                    {say("approvals.approve")}
                  </button>
                ) : (
                  <Badge tone="good">{say("approvals.approved", { by: one.approved_by })}</Badge>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
