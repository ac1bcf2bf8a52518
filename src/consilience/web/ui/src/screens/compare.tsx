/** Two media side by side, with every reason for which they matched; judged here. */
import { useState } from "react";
import { Link } from "wouter";
import type { MediaDetail, NearMatch, Span } from "../api/types";
import { Answer, Panel, Screen } from "../design/parts";
import { useWords } from "../i18n";
import { JudgeForm } from "./judge";
import { agreement, inside, VerdictBadge } from "./matches";
import { Facts, useMedium } from "./medium";
import { Picture } from "./picture";
import { clock, courseText, spanText } from "./seconds";

export function CompareScreen({ number, left, right }: { number: string; left: string; right: string }) {
  const { say } = useWords();
  const one = useMedium(left, number);
  return (
    <Screen
      title={say("compare.title")}
      actions={
        <Link className="button" href={`/cases/${number}/review`}>
          {say("nav.case.review")}
        </Link>
      }
    >
      <Answer of={one}>{(media) => <Beside number={number} left={media} right={right} />}</Answer>
    </Screen>
  );
}

/** The other one, in the case in which it lies: that may be another one than this. */
function Beside({ number, left, right }: { number: string; left: MediaDetail; right: string }) {
  const match = left.near.find((one) => one.sha256 === right);
  const itsNumber = match ? encodeURIComponent(match.case) : number;
  const other = useMedium(right, itsNumber);
  return <Answer of={other}>{(media) => <Sides number={number} left={left} right={media} itsNumber={itsNumber} />}</Answer>;
}

const placeOf = (media: MediaDetail): string => (media.files[0] ? `${media.files[0].exhibit}: ${media.files[0].path}` : media.sha256.slice(0, 16));

interface SidesProps {
  number: string;
  left: MediaDetail;
  right: MediaDetail;
  /** The case of the one on the right. */
  itsNumber: string;
}

function Sides({ number, left, right, itsNumber }: SidesProps) {
  const { say } = useWords();
  const [shown, setShown] = useState<Record<string, boolean>>({});
  const [turned, setTurned] = useState(true);
  const reasons = left.near.filter((one) => one.sha256 === right.sha256);
  const turn = reasons.find((one) => one.orientation !== "upright")?.orientation ?? "upright";
  const matched = (mine: boolean) =>
    reasons.flatMap((one) =>
      one.spans.map((span) => ({ begin: mine ? span.begin : span.other_begin, end: mine ? span.end : span.other_end, isListed: false })),
    );
  const side = (media: MediaDetail, mine: boolean, turnedAs: string) => (
    <Panel title={<bdi>{mine || itsNumber === number ? placeOf(media) : `${decodeURIComponent(itsNumber)} · ${placeOf(media)}`}</bdi>}>
      <div className="stack">
        <Picture
          media={media}
          caseNumber={mine ? number : itsNumber}
          revealed={shown[media.sha256] ?? false}
          setRevealed={(reveal) => setShown((before) => ({ ...before, [media.sha256]: reveal }))}
          turn={turnedAs}
          matched={media.seconds === null ? [] : matched(mine)}
        />
        <Facts media={media} />
      </div>
    </Panel>
  );
  return (
    <>
      {reasons[0] ? (
        <Panel title={say("compare.reason")} actions={<VerdictBadge verdict={reasons[0].verdict} />}>
          <div className="stack">
            {reasons.map((one) => (
              <Reason key={`${one.basis}${one.part}${one.other_part}${one.spans.length}`} match={one} left={left} right={right} />
            ))}
            {turn === "upright" ? null : (
              <label className="row">
                <input type="checkbox" checked={turned} onChange={(event) => setTurned(event.target.checked)} />
                {say("compare.turn")}
              </label>
            )}
            <JudgeForm verdict={reasons[0].verdict} about={{ case: number, subject: "match", object: left.sha256, other: right.sha256 }} />
          </div>
        </Panel>
      ) : null}
      <div className="columns">
        {side(left, true, "upright")}
        {side(right, false, turned ? turn : "upright")}
      </div>
    </>
  );
}

function Reason({ match, left, right }: { match: NearMatch; left: MediaDetail; right: MediaDetail }) {
  const { say, number } = useWords();
  const isLong = match.spans.some((span) => span.end > span.begin);
  const percent = (share: number) => number(Math.round(100 * share));
  return (
    <div className="stack tight">
      <p>
        {[agreement(say, match), ...inside(say, match)].join(", ")}
        {match.share === null || match.other_share === null ? "" : `, ${say("compare.share", { share: percent(match.share), other: percent(match.other_share) })}`}
      </p>
      {isLong && left.seconds && right.seconds ? <Alignment spans={match.spans} here={[placeOf(left), left.seconds]} there={[placeOf(right), right.seconds]} /> : null}
      {match.spans.length === 0 ? null : (
        <ul className="small">
          {match.spans.map((span) => (
            <li key={`${span.begin}/${span.other_begin}`}>
              {spanText(say, span)}
              {span.end > span.begin ? <span className="soft"> ({courseText(say, span)})</span> : null}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const WIDE = 1000;
const HIGH = 96;
const BAR = 18;

/** Two contents on one time scale, and which seconds of the one are which of the other. */
function Alignment({ spans, here, there }: { spans: Span[]; here: [string, number]; there: [string, number] }) {
  const { say } = useWords();
  const scale = WIDE / Math.max(here[1], there[1]);
  const below = HIGH - BAR;
  return (
    <figure className="alignment" dir="ltr">
      <figcaption className="row spread small soft">
        <bdi>{here[0]}</bdi>
        <span>{clock(here[1])}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={spans.map((span) => spanText(say, span)).join("; ")}>
        <rect className="line" width={here[1] * scale} height={BAR} />
        <rect className="line" y={below} width={there[1] * scale} height={BAR} />
        {spans.map((span) => {
          const [a, b, c, d] = [span.begin, span.end, span.other_begin, span.other_end].map((one) => one * scale) as [number, number, number, number];
          return (
            <g key={`${span.begin}/${span.other_begin}`}>
              <polygon className="band" points={`${a},${BAR} ${b},${BAR} ${d},${below} ${c},${below}`} />
              <rect className="span" x={a} width={Math.max(b - a, 2)} height={BAR} />
              <rect className="span" x={c} y={below} width={Math.max(d - c, 2)} height={BAR} />
            </g>
          );
        })}
      </svg>
      <div className="row spread small soft">
        <bdi>{there[0]}</bdi>
        <span>{clock(there[1])}</span>
      </div>
    </figure>
  );
}
