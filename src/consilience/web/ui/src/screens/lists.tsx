import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask, query } from "../api/client";
import { useAsking } from "../api/live";
import type { DoubtfulEntry, HashList, Job, Page } from "../api/types";
import { FormDialog } from "../design/dialog";
import { Answer, Badge, Empty, Field, Panel, ProblemNote, Screen } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { useMay } from "../session";

export function ListsScreen() {
  const { say } = useWords();
  const may = useMay();
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => ask<Page<HashList>>("lists") });
  const keeps = may("keep-lists");
  return (
    <Screen title={say("lists.title")} about={say("lists.about")} actions={keeps ? <Import /> : null}>
      {keeps ? <Jobs /> : null}
      {keeps ? <Doubtful /> : null}
      <Answer of={lists}>
        {({ items }) =>
          items.length === 0 ? (
            <Panel title={say("lists.title")}>
              <Empty title={say("lists.none")}>
                <p>{say("lists.none.next")}</p>
              </Empty>
            </Panel>
          ) : (
            items.map((one) => <OneList key={one.id} list={one} />)
          )
        }
      </Answer>
    </Screen>
  );
}

function OneList({ list }: { list: HashList }) {
  const { say, number, moment } = useWords();
  return (
    <Panel
      title={
        <span className="row">
          {list.name} <Badge tone={list.role === "alert" ? "alert" : "plain"}>{say(`role.${list.role}` as MessageId)}</Badge>
          {list.quarantined > 0 ? (
            <Badge tone="doubt">
              {say("lists.quarantined")} {number(list.quarantined)}
            </Badge>
          ) : null}
        </span>
      }
      actions={
        <span className="soft small">
          {list.origin} · {list.scheme} · {say("lists.entries")} {number(list.entries)}
        </span>
      }
      flush
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("lists.edition")}</th>
            <th scope="col">{say("audit.at")}</th>
            {(["added", "changed", "withdrawn", "broken"] as const).map((one) => (
              <th key={one} scope="col" className="number">
                {say(`lists.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.editions.map((one) => (
            <tr key={one.ordinal}>
              <th scope="row">
                {one.ordinal} <span className="soft">{one.file_name}</span>
              </th>
              <td>{moment(one.imported_at)}</td>
              <td className="number">{number(one.added)}</td>
              <td className="number">{number(one.changed)}</td>
              <td className="number">{number(one.withdrawn)}</td>
              <td className="number">{one.broken > 0 ? <Badge tone="doubt">{number(one.broken)}</Badge> : "0"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const isRunning = (jobs: Page<Job> | undefined): boolean => jobs?.items.some((one) => one.state === "running" || one.state === "waiting") ?? false;

function Jobs() {
  const { say } = useWords();
  const client = useQueryClient();
  const jobs = useQuery({
    queryKey: ["jobs"],
    queryFn: () => ask<Page<Job>>("jobs"),
    refetchInterval: useAsking(isRunning(client.getQueryData<Page<Job>>(["jobs"]))),
  });
  const running = isRunning(jobs.data);
  useEffect(() => {
    if (!running) void client.invalidateQueries({ queryKey: ["lists"] }); // what the work brought is there now
  }, [running, client]);
  const imports = jobs.data?.items.filter((one) => one.kind === "import" && one.state !== "done") ?? [];
  return imports.map((one) => (
    <div key={one.id} className={one.state === "failed" ? "note alert" : "note"} role="status">
      <strong>{one.about}</strong> {one.error || say("progress", { done: one.done, total: one.total ?? "?" })}
    </div>
  ));
}

function Import() {
  const { say } = useWords();
  const client = useQueryClient();
  const send = (form: FormData) => {
    const file = form.get("file") as File;
    const said = Object.fromEntries(["name", "role", "origin", "scheme"].map((one) => [one, String(form.get(one) ?? "")]));
    return ask<Job>(`lists/import${query({ ...said, file_name: file.name })}`, { method: "POST", body: file });
  };
  return (
    <FormDialog title={say("lists.import")} about={say("lists.import.about")} look="primary" send={send} done={() => client.invalidateQueries()}>
      <Field label={say("lists.file")}>
        <input className="input" type="file" name="file" required />
      </Field>
      <Field label={say("lists.name")}>
        <input className="input" name="name" required />
      </Field>
      <Field label={say("lists.role")}>
        <select className="select" name="role" required>
          {(["alert", "known-good", "negative"] as const).map((one) => (
            <option key={one} value={one}>
              {say(`role.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={say("lists.origin")}>
        <input className="input" name="origin" />
      </Field>
      <Field label={say("lists.scheme")}>
        <input className="input" name="scheme" />
      </Field>
    </FormDialog>
  );
}

/** Entries that suddenly match far more than before: they keep matching, and wait for a person's word. */
function Doubtful() {
  const { say, number } = useWords();
  const client = useQueryClient();
  const doubtful = useQuery({ queryKey: ["doubtful"], queryFn: () => ask<Page<DoubtfulEntry>>("doubtful-entries") });
  const judge = useMutation({
    mutationFn: ({ entry, decision }: { entry: DoubtfulEntry; decision: "positive" | "negative" | "unsure" }) =>
      ask("judgements", { method: "POST", body: { subject: "entry", list: entry.list, entry: entry.entry, decision, reason: "" } }),
    onSuccess: () => client.invalidateQueries(),
  });
  if (!doubtful.data?.items.length) return null;
  return (
    <Panel title={say("lists.quarantined")} flush>
      <p className="body soft">{say("lists.quarantined.about")}</p>
      <ProblemNote error={judge.error} />
      <table className="table">
        <tbody>
          {doubtful.data.items.map((one) => (
            <tr key={`${one.list} ${one.entry} ${one.exhibit}`}>
              <th scope="row">
                {one.list}: {one.entry}
              </th>
              <td>{one.exhibit}</td>
              <td className="number">
                {number(one.before)} → {number(one.files)}
              </td>
              <td>
                <span className="row">
                  {(["positive", "unsure", "negative"] as const).map((decision) => (
                    <button key={decision} className="button" disabled={judge.isPending} onClick={() => judge.mutate({ entry: one, decision })}>
                      {say(`entry.${decision}`)}
                    </button>
                  ))}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
