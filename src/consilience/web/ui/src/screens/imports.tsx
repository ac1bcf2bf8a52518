/** Lists being brought in: asked for, watched, and what came of them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask, query } from "../api/client";
import { useAsking } from "../api/live";
import type { Job, Page } from "../api/types";
import { FormDialog } from "../design/dialog";
import { Field } from "../design/parts";
import { useWords } from "../i18n";

/** An edition of a list, as a screen names it. */
export interface EditionName {
  list: string;
  ordinal: number;
}

const isRunning = (jobs: Page<Job> | undefined): boolean => jobs?.items.some((one) => one.state === "running" || one.state === "waiting") ?? false;

interface ImportsProps {
  /** Jobs that this screen began: of those it also tells that they are done. */
  begun: string[];
  showBroken: (edition: EditionName) => void;
}

export function Imports({ begun, showBroken }: ImportsProps) {
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
  const told = jobs.data?.items.filter((one) => one.kind === "import" && (one.state !== "done" || begun.includes(one.id))) ?? [];
  return told.map((one) => <Told key={one.id} job={one} showBroken={showBroken} />);
}

function Told({ job, showBroken }: { job: Job; showBroken: (edition: EditionName) => void }) {
  const { say } = useWords();
  const came = job.imported;
  if (came === null)
    return (
      <div className={job.state === "failed" ? "note alert" : "note"} role="status">
        <strong>{job.about}</strong> {job.error || (job.state === "waiting" ? say("exhibit.queued") : say("lists.importing", { count: job.done }))}
      </div>
    );
  const { edition, broken } = came;
  return (
    <div className={broken > 0 ? "note doubt" : "note"} role="status">
      <strong>{job.about}</strong>{" "}
      {say(came.is_new ? "lists.imported" : "lists.imported.again", { edition, added: came.added, changed: came.changed, withdrawn: came.withdrawn })}
      {came.is_new ? ` ${say("lists.imported.matched", { count: came.matched })}` : ""}
      {broken > 0 ? (
        <span className="row">
          {say("lists.broken.some", { count: broken })}
          <button className="button quiet" onClick={() => showBroken({ list: job.about, ordinal: edition })}>
            {say("lists.broken.show")}
          </button>
        </span>
      ) : null}
    </div>
  );
}

export function Import({ begun }: { begun: (job: string) => void }) {
  const { say } = useWords();
  const client = useQueryClient();
  const send = (form: FormData) => {
    const file = form.get("file") as File;
    const said = Object.fromEntries(["name", "role", "origin", "scheme"].map((one) => [one, String(form.get(one) ?? "")]));
    return ask<Job>(`lists/import${query({ ...said, file_name: file.name })}`, { method: "POST", body: file });
  };
  const sent = (job: Job) => {
    begun(job.id);
    return client.invalidateQueries();
  };
  return (
    <FormDialog title={say("lists.import")} about={say("lists.import.about")} look="primary" send={send} done={sent}>
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
