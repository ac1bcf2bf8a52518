/** Hashes or a file in, hit or no hit out. What is asked about is kept nowhere. */
import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ask } from "../api/client";
import type { FileAnswer, MatchAnswer } from "../api/types";
import { Badge, Field, Panel, ProblemNote, Screen } from "../design/parts";
import { useWords } from "../i18n";
import { agreement } from "./matches";

interface Asked {
  about: string;
  answer: MatchAnswer;
}

type Signal = Partial<Record<"md5" | "sha1" | "sha256" | "pdq", string>>;

const MOST = 1_000;

/** The signals of a text: a hash a line, known by its length; 64 digits are a SHA-256, unless `pdq` stands before them. */
export function signalsOf(text: string): { signals: { about: string; signal: Signal }[]; strange: string[] } {
  const signals: { about: string; signal: Signal }[] = [];
  const strange: string[] = [];
  for (const line of text.split(/[\n,;]+/).map((one) => one.trim().toLowerCase())) {
    if (!line) continue;
    const [, named, hash] = /^(?:(pdq|md5|sha-?1|sha-?256)[\s:=]+)?([0-9a-f]+)$/.exec(line) ?? [];
    const kind = named?.replace("-", "") ?? { 32: "md5", 40: "sha1", 64: "sha256" }[hash?.length ?? 0];
    const length = kind && { md5: 32, sha1: 40, sha256: 64, pdq: 64 }[kind];
    if (hash && kind && hash.length === length) signals.push({ about: line, signal: { [kind]: hash } });
    else strange.push(line);
  }
  return { signals, strange };
}

export function MatchScreen() {
  const { say } = useWords();
  const lookUp = useMutation({
    mutationFn: async (text: string) => {
      const { signals, strange } = signalsOf(text);
      if (strange.length > 0 || signals.length === 0) throw new NotAsked(strange);
      const answers: Asked[] = [];
      for (let begin = 0; begin < signals.length; begin += MOST) {
        const some = signals.slice(begin, begin + MOST);
        const said = await ask<{ answers: MatchAnswer[] }>("match", { method: "POST", body: { signals: some.map((one) => one.signal) } });
        said.answers.forEach((answer, place) => answers.push({ about: some[place]!.about, answer }));
      }
      return answers;
    },
  });
  const lookUpFile = useMutation({
    mutationFn: async (file: File) => {
      const said = await ask<FileAnswer>("match/file", { method: "POST", body: file });
      return { ...said, about: file.name };
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    lookUp.mutate(String(new FormData(event.currentTarget).get("hashes")));
  };
  const strange = lookUp.error instanceof NotAsked ? lookUp.error.strange : null;
  return (
    <Screen title={say("match.title")} about={say("match.about")}>
      <div className="columns">
        <Panel title={say("match.hashes")}>
          <form className="stack" onSubmit={submit}>
            <Field label={say("match.hashes.about")}>
              <textarea className="input mono" name="hashes" rows={6} required spellCheck={false} />
            </Field>
            {strange ? (
              <div className="note alert" role="alert">
                <strong>{say("match.strange")}</strong>
                <ul className="plain mono small">
                  {strange.slice(0, 5).map((one) => (
                    <li key={one}>{one.slice(0, 80)}</li>
                  ))}
                </ul>
              </div>
            ) : (
              <ProblemNote error={lookUp.error} />
            )}
            <button className="button primary" disabled={lookUp.isPending}>
              {say("match.ask")}
            </button>
          </form>
        </Panel>
        <Panel title={say("match.file")}>
          <div className="stack">
            <p className="soft small">{say("match.file.about")}</p>
            <Field label={say("lists.file")}>
              <input className="input" type="file" disabled={lookUpFile.isPending} onChange={(event) => event.target.files?.[0] && lookUpFile.mutate(event.target.files[0])} />
            </Field>
            <ProblemNote error={lookUpFile.error} />
            {lookUpFile.data ? (
              <div role="status" className="stack tight">
                <Verdict asked={lookUpFile.data} />
                {lookUpFile.data.problem ? <p className="small">{say("match.undecoded", { problem: lookUpFile.data.problem })}</p> : null}
              </div>
            ) : null}
          </div>
        </Panel>
      </div>
      {lookUp.data ? (
        <section className="panel" role="status" aria-label={say("match.answers")}>
          <ul className="lines">
            {lookUp.data.map((one, place) => (
              <li key={`${place}${one.about}`}>
                <Verdict asked={one} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </Screen>
  );
}

class NotAsked extends Error {
  constructor(readonly strange: string[]) {
    super();
  }
}

function Verdict({ asked: { about, answer } }: { asked: Asked }) {
  const { say } = useWords();
  return (
    <div className="stack tight">
      <span className="row">
        <Badge tone={answer.hit ? "alert" : "good"}>{say(answer.hit ? "match.hit" : "match.noHit")}</Badge>
        <bdi className="mono small break">{about}</bdi>
      </span>
      {answer.matches?.map((one) => (
        <span key={`${one.list}${one.entry}`} className="small">
          {say("match.says", { entry: one.entry, list: one.list })} <span className="soft">{agreement(say, one)}</span>
          {one.category ? <Badge>{one.category}</Badge> : null}
        </span>
      ))}
    </div>
  );
}
