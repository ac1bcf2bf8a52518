import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { ask, askAll, askFile, save } from "../api/client";
import { useAsking } from "../api/live";
import type { CaseDetail, Notice, OutcomeCount } from "../api/types";
import { Answer, Badge, Panel, ProblemNote, Screen, ShareBar } from "../design/parts";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Exhibits } from "./exhibits";
import { outcomeColour, outcomeTone } from "./outcomes";

export function CaseScreen({ number }: { number: string }) {
  const client = useQueryClient();
  const isUnderWay = client.getQueryData<CaseDetail>(["case", number])?.exhibits.some((one) => one.progress) ?? false;
  const detail = useQuery({
    queryKey: ["case", number],
    queryFn: () => ask<CaseDetail>(`cases/${number}`),
    refetchInterval: useAsking(isUnderWay),
  });
  return <Answer of={detail}>{(found) => <Overview found={found} number={number} />}</Answer>;
}

function Overview({ found, number }: { found: CaseDetail; number: string }) {
  const { say } = useWords();
  const may = useMay();
  const changed = found.changed_since_last_look;
  return (
    <Screen
      title={
        <>
          {found.case.number} <span className="soft">{found.case.title}</span>
        </>
      }
      about={found.case.agency}
      actions={
        <>
          {may("disclose") ? <Report number={number} /> : null}
          <Link href={`/cases/${number}/review`} className="button primary">
            {say("case.review")}
          </Link>
        </>
      }
    >
      {changed.since && changed.files + changed.matches + changed.judgements > 0 ? (
        <div className="note">
          <strong>{say("case.changed")}</strong>{" "}
          {(["files", "matches", "judgements"] as const)
            .filter((what) => changed[what] > 0)
            .map((what) => say(`case.changed.${what}`, { count: changed[what] }))
            .join(" · ")}
        </div>
      ) : null}
      <Exhibits exhibits={found.exhibits} number={number} about={found.case} />
      <div className="columns">
        <Totals outcomes={found.outcomes} />
        <div className="stack">
          <Notices number={number} />
          <Unreadable found={found} />
        </div>
      </div>
    </Screen>
  );
}

/** The report leaves the workspace: it holds no picture, and that it was made is on record. */
function Report({ number }: { number: string }) {
  const { say } = useWords();
  const write = useMutation({
    mutationFn: async () => save(await askFile(`cases/${number}/report`, { method: "POST" }), `report-${decodeURIComponent(number)}.zip`),
  });
  return (
    <>
      <ProblemNote error={write.error} />
      <button className="button" disabled={write.isPending} onClick={() => write.mutate()}>
        {say(write.isPending ? "report.writing" : "report.write")}
      </button>
      {write.isSuccess ? (
        <span role="status" className="small soft">
          {say("report.written")}
        </span>
      ) : null}
    </>
  );
}

function Totals({ outcomes }: { outcomes: OutcomeCount[] }) {
  const words = useWords();
  const { say } = words;
  const total = outcomes.reduce((sum, one) => sum + one.count, 0);
  const said = outcomes.map((one) => ({ ...one, ...words.term("outcome", one.outcome, { title: one.title, meaning: one.meaning }) }));
  return (
    <Panel title={say("case.totals")} flush>
      <div className="body">
        <ShareBar parts={said.map((one) => ({ name: one.title, value: one.count, colour: outcomeColour(one.outcome) }))} />
      </div>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("case.outcome")}</th>
            <th scope="col" className="number">{say("case.files")}</th>
            <th scope="col" className="number">{say("case.share")}</th>
          </tr>
        </thead>
        <tbody>
          {said.map((one) => (
            <tr key={one.outcome}>
              <th scope="row" title={one.meaning}>
                <span className="swatch" style={{ background: outcomeColour(one.outcome) }} aria-hidden="true" /> {one.title}
              </th>
              <td className="number">{outcomeTone(one.outcome) === "alert" && one.count > 0 ? <Badge tone="alert">{words.number(one.count)}</Badge> : words.number(one.count)}</td>
              <td className="number soft">{total ? `${((100 * one.count) / total).toLocaleString(words.language, { maximumFractionDigits: 1 })} %` : "–"}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{say("case.totals.sum")}</th>
            <td className="number">
              <strong>{words.number(total)}</strong>
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
    </Panel>
  );
}

function Unreadable({ found }: { found: CaseDetail }) {
  const { say, number, term } = useWords();
  const said = found.unreadable.map((one) => ({ ...one, ...term("problem", one.code, { title: one.title, meaning: one.meaning, next_step: one.next_step }) }));
  return (
    <Panel title={say("case.unreadable")} flush>
      {said.length === 0 ? (
        <p className="body soft">{say("case.unreadable.none")}</p>
      ) : (
        <table className="table">
          <tbody>
            {said.map((one) => (
              <tr key={one.code}>
                <th scope="row">
                  {one.title}
                  <p className="soft small">
                    {one.meaning} {one.next_step}
                  </p>
                </th>
                <td className="number">{number(one.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

const NOTICES_AT_ONCE = 6;

function Notices({ number }: { number: string }) {
  const { say } = useWords();
  const client = useQueryClient();
  const [most, setMost] = useState(NOTICES_AT_ONCE);
  const notices = useQuery({ queryKey: ["notices", number], queryFn: () => askAll<Notice>(`cases/${number}/notices`) });
  const seen = useMutation({
    mutationFn: () => ask(`cases/${number}/look`, { method: "POST" }),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <Panel
      title={say("case.notices")}
      actions={
        notices.data?.some((one) => one.is_new) ? (
          <button className="button quiet" disabled={seen.isPending} onClick={() => seen.mutate()}>
            {say("case.notices.seen")}
          </button>
        ) : null
      }
      flush
    >
      <Answer of={notices}>
        {(found) =>
          found.length === 0 ? (
            <p className="body soft">{say("case.notices.none")}</p>
          ) : (
            <>
              <ul className="lines">
                {found.slice(0, most).map((one) => (
                  <OneNotice key={`${one.created_at}${one.kind}${one.text}`} notice={one} />
                ))}
              </ul>
              {found.length > most ? (
                <div className="body row small">
                  <span className="soft">{say("shown", { count: most, total: found.length })}</span>
                  <button className="button quiet" onClick={() => setMost(most + 10 * NOTICES_AT_ONCE)}>
                    {say("more")}
                  </button>
                </div>
              ) : null}
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

const KINDS = [
  "list-matches-held",
  "list-match-recalled",
  "entry-retracted",
  "entry-stands-again",
  "shared-with-another-case",
  "index-missed-a-canary",
  "index-damaged",
] as const;

function OneNotice({ notice }: { notice: Notice }) {
  const { say, moment } = useWords();
  const kind = KINDS.find((one) => one === notice.kind);
  const gone = say("notice.gone");
  // A kind that this workspace does not know yet is told in the server's words.
  const text = kind
    ? say(`notice.${kind}`, {
        count: notice.contents,
        list: notice.list ?? gone,
        edition: notice.edition ?? "",
        exhibit: notice.exhibit ?? gone,
        case: notice.case ?? gone,
        index: notice.index ?? "",
      })
    : notice.text;
  return (
    <li>
      <div>
        {notice.is_new ? <strong>{text}</strong> : text}
        <div className="soft small">{moment(notice.created_at)}</div>
      </div>
    </li>
  );
}
