/** The exhibits of a case: what was taken in, what is being taken in, and how another one is. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAsking } from "../api/live";
import { ask, query } from "../api/client";
import type { Case, Exhibit, Folders, Job, Page } from "../api/types";
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
      {collects ? <Ended exhibits={exhibits} caseId={about.id} /> : null}
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
                  {one.description} {one.attached ? null : <Badge tone="doubt">{say("exhibit.offline")}</Badge>}
                </td>
                <td className="number">{written(one.files)}</td>
                <td className="number">{size(one.bytes)}</td>
                <td>
                  {one.progress ? (
                    <UnderWay exhibit={one} number={number} />
                  ) : (
                    <>
                      {say(`pass.${one.reached}` as MessageId)}
                      {one.waiting_for_full_pass > 0 ? <span className="soft small"> · {say("exhibit.waiting", { count: one.waiting_for_full_pass })}</span> : null}
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** Work that one began oneself can be stopped; what was interrupted can be gone on with. */
function UnderWay({ exhibit, number }: { exhibit: Exhibit; number: string }) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay();
  const jobs = useJobs(may("collect"));
  const progress = exhibit.progress!;
  const job = jobs.data?.items.find((one) => one.id === progress.job);
  const root = exhibit.readings.at(-1)?.root;
  const refresh = () => Promise.all(["case", "jobs"].map((what) => client.invalidateQueries({ queryKey: [what] })));
  const stop = useMutation({ mutationFn: () => ask(`jobs/${progress.job!}/stop`, { method: "POST" }), onSuccess: refresh });
  const goOn = useMutation({
    mutationFn: () => ask(`cases/${number}/exhibits`, { method: "POST", body: { number: exhibit.number, path: root!, description: exhibit.description } }),
    onSuccess: refresh,
  });
  if (progress.job === null)
    return (
      <div className="stack tight">
        <span>{say("exhibit.interrupted")}</span>
        {may("collect") && root && exhibit.attached ? (
          <span>
            <button className="button" disabled={goOn.isPending} onClick={() => goOn.mutate()}>
              {say("exhibit.goOn")} <span className="visually-hidden">{exhibit.number}</span>
            </button>
          </span>
        ) : null}
        <ProblemNote error={goOn.error} />
      </div>
    );
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

/** What one began and what failed or waits, where no exhibit tells of it. */
function Ended({ exhibits, caseId }: { exhibits: Exhibit[]; caseId: string }) {
  const { say } = useWords();
  const jobs = useJobs(true);
  const named = new Set(exhibits.filter((one) => one.progress).map((one) => one.number));
  const latest = new Map<string, Job>();
  for (const one of jobs.data?.items ?? []) if (one.kind === "ingest" && one.case === caseId && !latest.has(one.about)) latest.set(one.about, one);
  return [...latest.values()]
    .filter((one) => one.state === "failed" || ((one.state === "waiting" || one.state === "running") && !named.has(one.about)))
    .map((one) => (
      <div key={one.id} className={one.state === "failed" ? "note alert" : "note"} role="status">
        <strong>{one.about}</strong> {one.state === "failed" ? one.error : say(one.state === "waiting" ? "exhibit.queued" : "exhibit.begins")}
      </div>
    ));
}

function TakeIn({ number }: { number: string }) {
  const { say } = useWords();
  const client = useQueryClient();
  const [path, setPath] = useState("");
  return (
    <FormDialog
      title={say("exhibit.takeIn")}
      about={say("exhibit.takeIn.about")}
      look="primary"
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
        return Promise.all(["case", "jobs"].map((what) => client.invalidateQueries({ queryKey: [what] })));
      }}
    >
      <Field label={say("exhibit.number")}>
        <input className="input" name="number" required maxLength={200} />
      </Field>
      <Field label={say("exhibit.description")}>
        <input className="input" name="description" maxLength={500} />
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
