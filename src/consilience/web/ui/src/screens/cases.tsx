import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, type FormEvent } from "react";
import { Link } from "wouter";
import { ask } from "../api/client";
import type { Case, Page } from "../api/types";
import { Answer, Badge, Empty, Panel, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

export function CasesScreen() {
  const { say } = useWords();
  const cases = useQuery({ queryKey: ["cases"], queryFn: () => ask<Page<Case>>("cases") });
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <div className="page">
      <div className="row spread">
        <h1>{say("cases.title")}</h1>
        <button className="button primary" onClick={() => dialog.current?.showModal()}>
          {say("cases.new")}
        </button>
      </div>
      <NewCase dialog={dialog} />
      <Answer of={cases}>
        {({ items }) =>
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
    </div>
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

function NewCase({ dialog }: { dialog: React.RefObject<HTMLDialogElement | null> }) {
  const { say } = useWords();
  const client = useQueryClient();
  const open = useMutation({
    mutationFn: (body: Record<string, FormDataEntryValue>) => ask<Case>("cases", { method: "POST", body }),
    onSuccess: async () => {
      dialog.current?.close();
      await client.invalidateQueries({ queryKey: ["cases"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    open.mutate(Object.fromEntries(new FormData(event.currentTarget)));
  };
  return (
    <dialog ref={dialog} aria-labelledby="new-case">
      <form className="stack" onSubmit={submit}>
        <h2 id="new-case">{say("cases.new")}</h2>
        {(["number", "title", "agency", "legal_basis"] as const).map((name) => (
          <label className="field" key={name}>
            <span>{say(name === "legal_basis" ? "case.basis" : `case.${name}`)}</span>
            <input className="input" name={name} required={name === "number"} />
          </label>
        ))}
        <ProblemNote error={open.error} />
        <div className="row">
          <button className="button primary" disabled={open.isPending}>
            {say("save")}
          </button>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {say("cancel")}
          </button>
        </div>
      </form>
    </dialog>
  );
}
