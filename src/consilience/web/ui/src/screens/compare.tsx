/** Two media side by side, with the reason they matched; judged here. */
import { useState } from "react";
import { Link } from "wouter";
import type { MediaDetail, NearMatch } from "../api/types";
import { Answer, Panel } from "../design/parts";
import { useWords } from "../i18n";
import { JudgeForm } from "./judge";
import { agreement, clock, Facts, Picture, spanText, useMedium, VerdictBadge } from "./medium";

export function CompareScreen({ number, left, right }: { number: string; left: string; right: string }) {
  const { say } = useWords();
  const one = useMedium(left, number);
  const other = useMedium(right, number);
  return (
    <div className="page">
      <div className="row spread">
        <h1>{say("compare.title")}</h1>
        <Link className="button" href={`/cases/${number}/review`}>
          {say("nav.case.review")}
        </Link>
      </div>
      <Answer of={one}>{(media) => <Answer of={other}>{(second) => <Sides number={number} left={media} right={second} />}</Answer>}</Answer>
    </div>
  );
}

function Sides({ number, left, right }: { number: string; left: MediaDetail; right: MediaDetail }) {
  const { say } = useWords();
  const [shown, setShown] = useState<Record<string, boolean>>({});
  const [turned, setTurned] = useState(true);
  const match = left.near.find((one) => one.sha256 === right.sha256);
  const side = (media: MediaDetail, turn: string) => (
    <Panel title={media.files[0] ? `${media.files[0].exhibit}: ${media.files[0].path}` : media.sha256.slice(0, 16)}>
      <div className="stack">
        <Picture
          media={media}
          caseNumber={number}
          revealed={shown[media.sha256] ?? false}
          setRevealed={(reveal) => setShown((before) => ({ ...before, [media.sha256]: reveal }))}
          turn={turn}
        />
        <Facts media={media} />
      </div>
    </Panel>
  );
  return (
    <>
      {match ? (
        <Panel title={say("compare.reason")} actions={<VerdictBadge verdict={match.verdict} />}>
          <div className="stack">
            <p>{agreement(say, match)}</p>
            {match.orientation === "upright" ? null : (
              <label className="row">
                <input type="checkbox" checked={turned} onChange={(event) => setTurned(event.target.checked)} />
                {say("compare.turn")}
              </label>
            )}
            {match.spans.length > 0 ? <Timeline match={match} seconds={[left.seconds ?? 0, right.seconds ?? 0]} /> : null}
            <JudgeForm verdict={match.verdict} about={{ case: number, subject: "match", object: left.sha256, other: right.sha256 }} />
          </div>
        </Panel>
      ) : null}
      <div className="columns">
        {side(left, "upright")}
        {side(right, turned && match ? match.orientation : "upright")}
      </div>
    </>
  );
}

/** The spans of two videos or sounds that agree, above each other on their own lengths. */
function Timeline({ match, seconds: [one, other] }: { match: NearMatch; seconds: [number, number] }) {
  const { say } = useWords();
  const line = (length: number, begin: "begin" | "other_begin", end: "end" | "other_end") => (
    <div className="timeline">
      {match.spans.map((span) => (
        <span key={span.begin} style={{ insetInlineStart: `${(100 * span[begin]) / (length || 1)}%`, inlineSize: `${(100 * (span[end] - span[begin])) / (length || 1)}%` }} />
      ))}
      <em className="small soft">{clock(length)}</em>
    </div>
  );
  return (
    <div className="stack tight">
      {line(one, "begin", "end")}
      {line(other, "other_begin", "other_end")}
      <ul className="small">
        {match.spans.map((span) => (
          <li key={span.begin}>{spanText(say, span)}</li>
        ))}
      </ul>
    </div>
  );
}
