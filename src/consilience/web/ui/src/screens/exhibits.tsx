/** The exhibits of a case: what was taken in, what is being taken in, and how another one is. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAsking } from "../api/live";
import { ask, query } from "../api/client";
import type { Case, Exhibit, Folders, Job, Page, Progress } from "../api/types";
import { FormDialog } from "../design/dialog";
import { Answer, Badge, Empty, Field, Panel, ProblemNote } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { useMay } from "../session";

export function Exhibits({ exhibits, number, about }: { exhibits: Exhibit[]; number: string; about: Case }) {
  const { say, size, number: written } = useWords();
  const may = useMay();
  const collects = may("collect");
  return (
    <Panel title={say("case.exhibits")} actions={collects ? <TakeIn number={number} /> : null} flush>
      {collects ? <Failed caseId={about.id} /> : null}
      {exhibits.length === 0 ? (
        <Empty title={say("case.exhibits.none")}>
          <p>{say("case.exhibits.none.next", { number: about.number })}</p>
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{say("case.number")}</th>
              <th scope="col">{say("case.title")}</th>
              <th scope="col" className="number">{say("case.files")}</th>
              <th scope="col" className="number">{say("media.size")}</th>
              <th scope="col">{say("exhibit.pass")}</th>
            </tr>
          </thead>
          <tbody>
            {exhibits.map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.number}</th>
                <td>
                  {one.description} {one.attached || one.unfinished === "not-begun" ? null : <Badge tone="doubt">{say("exhibit.offline")}</Badge>}
                </td>
                <td className="number">{written(one.files)}</td>
                <td className="number">{size(one.bytes)}</td>
                <td>
                  <State exhibit={one} number={number} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** What is at work on an exhibit, why there is more to be done, or how far its examination has come. */
function State({ exhibit, number }: { exhibit: Exhibit; number: string }) {
  const { say } = useWords();
  if (exhibit.progress) return <UnderWay exhibit={exhibit} progress={exhibit.progress} />;
  if (exhibit.unfinished) return <Unfinished exhibit={exhibit} why={exhibit.unfinished} number={number} />;
  return say(`pass.${exhibit.reached}` as MessageId);
}

/** One deliberate act goes on with what was stopped, or what a restart of the server cut off. */
function Unfinished({ exhibit, why, number }: { exhibit: Exhibit; why: NonNullable<Exhibit["unfinished"]>; number: string }) {
  const { say } = useWords();
  const refresh = useRefresh();
  const collects = useMay()("collect");
  const goOn = useMutation({ mutationFn: () => ask<Job>(`cases/${number}/exhibits/${exhibit.id}/go-on`, { method: "POST" }), onSuccess: refresh });
  return (
    <div className="stack tight">
      <span>
        {why === "first-look" ? `${say("pass.first-look")} · ${say("exhibit.waiting", { count: exhibit.waiting_for_full_pass })}` : <Badge tone="doubt">{say("exhibit.unfinished")}</Badge>}{" "}
        {why === "interrupted" ? say("exhibit.interrupted", { count: exhibit.files }) : why === "not-begun" ? say("exhibit.notBegun") : null}
      </span>
      {!collects ? null : why === "not-begun" ? (
        <span>
          <TakeIn number={number} exhibit={exhibit} />
        </span>
      ) : exhibit.attached ? (
        <span>
          <button className="button" disabled={goOn.isPending} onClick={() => goOn.mutate()}>
            {say("exhibit.goOn")} <span className="visually-hidden">{exhibit.number}</span>
          </button>
        </span>
      ) : (
        <span className="soft small">
          {say("exhibit.attach")} <bdi className="mono">{exhibit.readings.at(-1)?.root}</bdi>
        </span>
      )}
      <ProblemNote error={goOn.error} />
    </div>
  );
}

/** Work that one began oneself can be stopped. */
function UnderWay({ exhibit, progress }: { exhibit: Exhibit; progress: Progress }) {
  const { say } = useWords();
  const refresh = useRefresh();
  const jobs = useJobs(useMay()("collect"));
  const job = jobs.data?.items.find((one) => one.id === progress.job);
  const stop = useMutation({ mutationFn: () => ask(`jobs/${progress.job}/stop`, { method: "POST" }), onSuccess: refresh });
  // The job says more, and sooner, than the case that was asked for before.
  const { stage, done, total } = job ?? progress;
  const isWaiting = job?.state === "waiting";
  return (
    <div className="stack tight">
      <label className="row small">
        <progress value={total === null ? undefined : done} max={total ?? undefined} />
        <span>
          {isWaiting ? say("exhibit.queued") : stages(stage) ? say(stages(stage)!) : stage}
          {isWaiting ? "" : ` · ${total === null ? say("files", { count: done }) : say("progress", { done, total })}`}
        </span>
      </label>
      {job ? (
        <span className="row small">
          <button className="button" disabled={stop.isPending || job.is_stopping} onClick={() => stop.mutate()}>
            {say("exhibit.stop")} <span className="visually-hidden">{exhibit.number}</span>
          </button>
          <span className="soft">{say(job.is_stopping ? "exhibit.stopping" : "exhibit.stop.about")}</span>
        </span>
      ) : null}
      <ProblemNote error={stop.error} />
    </div>
  );
}

function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all(["case", "jobs"].map((what) => client.invalidateQueries({ queryKey: [what] })));
}

const STAGES: Record<string, MessageId> = {
  listing: "stage.listing",
  examining: "stage.examining",
  "examining in full": "stage.full",
};
const stages = (stage: string): MessageId | undefined => STAGES[stage];

function useJobs(wanted: boolean) {
  const isUnderWay = (jobs: Page<Job> | undefined) => jobs?.items.some((one) => one.ended_at === null) ?? false;
  const client = useQueryClient();
  const asking = useAsking(isUnderWay(client.getQueryData<Page<Job>>(["jobs"])));
  return useQuery({ queryKey: ["jobs"], queryFn: () => ask<Page<Job>>("jobs"), enabled: wanted, refetchInterval: asking });
}

/** What one began last and what failed of it, in words. */
function Failed({ caseId }: { caseId: string }) {
  const jobs = useJobs(true);
  const latest = new Map<string, Job>();
  for (const one of jobs.data?.items ?? []) if (one.kind === "ingest" && one.case === caseId && !latest.has(one.about)) latest.set(one.about, one);
  return [...latest.values()]
    .filter((one) => one.state === "failed")
    .map((one) => (
      <div key={one.id} className="note alert" role="status">
        <strong>{one.about}</strong> {one.error}
      </div>
    ));
}

/** Take an exhibit in: a new one, or one of which nothing was taken in yet. */
function TakeIn({ number, exhibit }: { number: string; exhibit?: Exhibit }) {
  const { say } = useWords();
  const refresh = useRefresh();
  const [path, setPath] = useState("");
  return (
    <FormDialog
      title={say(exhibit ? "exhibit.takeIn.this" : "exhibit.takeIn", { number: exhibit?.number ?? "" })}
      about={say("exhibit.takeIn.about")}
      look={exhibit ? "plain" : "primary"}
      send={(form) =>
        ask<Job>(`cases/${number}/exhibits`, {
          method: "POST",
          body: {
            number: String(form.get("number")),
            description: String(form.get("description")),
            path: String(form.get("path")),
            first_look: form.get("first_look") !== null,
          },
        })
      }
      done={() => {
        setPath("");
        return refresh();
      }}
    >
      <Field label={say("exhibit.number")}>
        <input className="input" name="number" required maxLength={200} defaultValue={exhibit?.number} readOnly={exhibit !== undefined} />
      </Field>
      <Field label={say("exhibit.description")}>
        <input className="input" name="description" maxLength={500} defaultValue={exhibit?.description} readOnly={exhibit !== undefined} />
      </Field>
      <Field label={say("exhibit.path")}>
        <input className="input mono" name="path" required value={path} onChange={(event) => setPath(event.target.value)} spellCheck={false} autoComplete="off" />
      </Field>
      <FolderChooser path={path} choose={setPath} />
      <label className="row">
        <input type="checkbox" name="first_look" />
        <span>{say("exhibit.firstLook")}</span>
      </label>
    </FormDialog>
  );
}

/** The folders of the server from which whoever serves lets exhibits be taken in. */
function FolderChooser({ path, choose }: { path: string; choose: (path: string) => void }) {
  const { say } = useWords();
  const [at, setAt] = useState("");
  const found = useQuery({ queryKey: ["folders", at], queryFn: () => ask<Folders>(`exhibit-folders${query({ path: at })}`), staleTime: 0 });
  const open = (folder: string) => {
    setAt(folder);
    if (folder) choose(folder);
  };
  return (
    <div className="chooser" role="group" aria-label={say("exhibit.folders")}>
      <Answer of={found}>
        {({ folders, parent, unnamed }) => (
          <ul className="plain">
            {parent === null ? null : (
              <li>
                <button type="button" className="button quiet" onClick={() => open(parent)}>
                  ↑ {say("exhibit.folder.up")}
                </button>
              </li>
            )}
            {folders.map((one) => (
              <li key={one.path}>
                <button type="button" className="button quiet mono" aria-pressed={one.path === path} onClick={() => open(one.path)}>
                  {one.name}
                </button>
              </li>
            ))}
            {folders.length === 0 ? <li className="soft small">{say(parent === null ? "exhibit.folder.noRoots" : "exhibit.folder.none")}</li> : null}
            {unnamed > 0 ? <li className="soft small">{say("exhibit.folder.unnamed", { count: unnamed })}</li> : null}
          </ul>
        )}
      </Answer>
    </div>
  );
}
