/** A person's word on a match, with a reason; it can be taken back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ask } from "../api/client";
import type { NewJudgement, Verdict } from "../api/types";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";

type Decision = NewJudgement["decision"];

export function JudgeForm({ verdict, about }: { verdict: Verdict; about: Omit<NewJudgement, "decision" | "reason"> & { case: string } }) {
  const { say } = useWords();
  const client = useQueryClient();
  const [decision, setDecision] = useState<Decision | null>(null);
  const mine = verdict.votes.find((one) => one.mine);
  const refresh = async () => {
    setDecision(null);
    await client.invalidateQueries({ queryKey: ["media"] });
  };
  const judge = useMutation({
    mutationFn: (reason: string) =>
      ask("judgements", { method: "POST", body: { ...about, case: decodeURIComponent(about.case), decision: decision!, reason } satisfies NewJudgement }),
    onSuccess: refresh,
  });
  const takeBack = useMutation({ mutationFn: (id: string) => ask(`judgements/${id}`, { method: "DELETE" }), onSuccess: refresh });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    judge.mutate(String(new FormData(event.currentTarget).get("reason")));
  };
  if (mine)
    return (
      <div className="row small">
        <span className="soft">
          {say(`verdict.${mine.decision}`)}: {mine.reason}
        </span>
        <button className="button quiet" disabled={takeBack.isPending} onClick={() => takeBack.mutate(mine.id)}>
          {say("judge.takeBack")}
        </button>
        <ProblemNote error={takeBack.error} />
      </div>
    );
  return (
    <form className="stack tight" onSubmit={submit}>
      <div className="row" role="group" aria-label={say("judge")}>
        {(["positive", "negative", "unsure"] as const).map((one) => (
          <button key={one} type="button" className="button" aria-pressed={decision === one} onClick={() => setDecision(decision === one ? null : one)}>
            {say(`judge.${one}`)}
          </button>
        ))}
      </div>
      {decision ? (
        <>
          <label className="field">
            <span>{say("judge.reason.needed")}</span>
            <input className="input" name="reason" required maxLength={500} autoFocus aria-label={say("judge.reason")} />
          </label>
          <ProblemNote error={judge.error} />
          <button className="button primary" disabled={judge.isPending}>
            {say("judge")}
          </button>
        </>
      ) : null}
    </form>
  );
}
