import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { ask, askAll } from "../api/client";
import type { Case } from "../api/types";
import { FormDialog } from "../design/dialog";
import { Answer, Badge, Empty, Field, Panel, Screen } from "../design/parts";
import { useWords } from "../i18n";
import { useMay } from "../session";

export function CasesScreen() {
  const { say } = useWords();
  const may = useMay();
  const cases = useQuery({ queryKey: ["cases"], queryFn: () => askAll<Case>("cases") });
  return (
    <Screen title={say("cases.title")} actions={may("collect") ? <NewCase /> : null}>
      <Answer of={cases}>
        {(items) =>
          items.length === 0 ? (
            <Panel title={say("cases.title")}>
              <Empty title={say("cases.none")}>
                <p>{say("cases.none.next")}</p>
              </Empty>
            </Panel>
          ) : (
            <section className="panel">
              <CaseTable cases={items} />
            </section>
          )
        }
      </Answer>
    </Screen>
  );
}

function CaseTable({ cases }: { cases: Case[] }) {
  const { say, number } = useWords();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{say("case.number")}</th>
          <th scope="col">{say("case.title")}</th>
          <th scope="col">{say("case.agency")}</th>
          <th scope="col" className="number">{say("case.files")}</th>
          <th scope="col" className="number">{say("case.alerts")}</th>
          <th scope="col" className="number">{say("case.notices")}</th>
        </tr>
      </thead>
      <tbody>
        {cases.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              <Link href={`/cases/${encodeURIComponent(one.number)}`}>{one.number}</Link>
            </th>
            <td>{one.title}</td>
            <td>{one.agency}</td>
            <td className="number">{number(one.files)}</td>
            <td className="number">{one.alerts > 0 ? <Badge tone="alert">{number(one.alerts)}</Badge> : "0"}</td>
            <td className="number">{one.unread_notices > 0 ? <Badge tone="accent">{number(one.unread_notices)}</Badge> : "0"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const ASKED = { number: "case.number", title: "case.title", agency: "case.agency", legal_basis: "case.basis" } as const;

function NewCase() {
  const { say } = useWords();
  const client = useQueryClient();
  return (
    <FormDialog
      title={say("cases.new")}
      look="primary"
      send={(form) => ask<Case>("cases", { method: "POST", body: Object.fromEntries(form) })}
      done={() => client.invalidateQueries({ queryKey: ["cases"] })}
    >
      {(Object.keys(ASKED) as (keyof typeof ASKED)[]).map((name) => (
        <Field key={name} label={say(ASKED[name])}>
          <input className="input" name={name} required={name === "number"} />
        </Field>
      ))}
    </FormDialog>
  );
}
