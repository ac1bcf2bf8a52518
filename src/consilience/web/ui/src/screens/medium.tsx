/** Everything that is known of one content, each with its source; its picture only by a deliberate act. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { ask, query } from "../api/client";
import { useRevealed } from "../api/pictures";
import type { EntryMatch, MediaDetail, NearMatch, Span, Verdict } from "../api/types";
import { Answer, Badge, ProblemNote, type Tone } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { JudgeForm } from "./judge";
import { outcomeTone } from "./outcomes";

interface Props {
  sha256: string;
  caseNumber: string;
  revealed: boolean;
  setRevealed: (revealed: boolean) => void;
}

export function useMedium(sha256: string, caseNumber: string) {
  return useQuery({
    queryKey: ["media", sha256, caseNumber],
    queryFn: ({ signal }) => ask<MediaDetail>(`media/${sha256}${query({ case: decodeURIComponent(caseNumber) })}`, { signal }),
  });
}

export function Medium({ sha256, caseNumber, revealed, setRevealed }: Props) {
  const found = useMedium(sha256, caseNumber);
  return (
    <Answer of={found}>
      {(media) => (
        <div className="stack">
          <Picture media={media} caseNumber={caseNumber} revealed={revealed} setRevealed={setRevealed} />
          <Facts media={media} />
          <EntryMatches media={media} caseNumber={caseNumber} />
          <NearMatches media={media} caseNumber={caseNumber} />
          <Files media={media} />
          <Clues media={media} />
        </div>
      )}
    </Answer>
  );
}

interface PictureProps {
  media: { sha256: string; viewable: boolean };
  caseNumber: string;
  revealed: boolean;
  setRevealed: (revealed: boolean) => void;
  turn?: string;
}

/** One picture: hidden, until someone asks for it. */
export function Picture({ media, caseNumber, revealed, setRevealed, turn }: PictureProps) {
  const { say } = useWords();
  const { address, error } = useRevealed(media.sha256, caseNumber, revealed);
  return (
    <figure className="picture">
      <div className="picture-frame">
        {address ? (
          <img src={address} alt="" draggable={false} data-turn={turn ?? "upright"} />
        ) : error ? (
          <ProblemNote error={error} />
        ) : (
          <span className="soft">{media.viewable ? say("review.hidden") : say("review.offline")}</span>
        )}
      </div>
      <figcaption className="row spread small">
        <span className="soft">{address ? say("review.revealed") : ""}</span>
        <button className="button" aria-pressed={revealed} disabled={!media.viewable} onClick={() => setRevealed(!revealed)}>
          {say(revealed ? "review.hide" : "review.reveal")}
        </button>
      </figcaption>
    </figure>
  );
}

function Section({ title, count, children }: { title: string; count: number; children: React.ReactNode }) {
  const { say, number } = useWords();
  return (
    <section className="stack tight">
      <h3>
        {title} <span className="soft">{number(count)}</span>
      </h3>
      {count === 0 ? <p className="soft small">{say("media.none")}</p> : children}
    </section>
  );
}

export function Facts({ media }: { media: MediaDetail }) {
  const { say, size, number } = useWords();
  return (
    <dl className="facts">
      <dt>{say("media.outcome")}</dt>
      <dd>
        <Badge tone={outcomeTone(media.outcome)}>{say(`outcome.${media.outcome}` as MessageId)}</Badge>
      </dd>
      <dt>{say("media.type")}</dt>
      <dd>{media.media_type}</dd>
      <dt>{say("media.size")}</dt>
      <dd>{size(media.size)}</dd>
      {media.width > 0 ? (
        <>
          <dt>{say("media.pixels")}</dt>
          <dd>
            {number(media.width)} × {number(media.height)}
          </dd>
        </>
      ) : null}
      {media.seconds === null ? null : (
        <>
          <dt>{say("media.length")}</dt>
          <dd>{clock(media.seconds)}</dd>
        </>
      )}
      <dt>{say("exhibit.pass")}</dt>
      <dd>{say(`pass.${media.reached}` as MessageId)}</dd>
      <dt>SHA-256</dt>
      <dd className="mono small">{media.sha256}</dd>
      <dt>SHA-1</dt>
      <dd className="mono small">{media.sha1}</dd>
      <dt>MD5</dt>
      <dd className="mono small">{media.md5}</dd>
    </dl>
  );
}

function EntryMatches({ media, caseNumber }: { media: MediaDetail; caseNumber: string }) {
  const { say } = useWords();
  return (
    <Section title={say("media.matches")} count={media.matches.length}>
      <ul className="lines">
        {media.matches.map((one) => (
          <li key={one.id}>
            <div className="stack tight">
              <span>{say("match.says", { entry: one.entry, list: one.list })}</span>
              <span className="row small">
                <span className="soft">{agreement(say, one)}</span>
                {one.recalled ? <Badge tone="doubt">{say("match.recalled")}</Badge> : null}
                {one.quarantined ? <Badge tone="doubt">{say("match.quarantined")}</Badge> : null}
                {one.entry_state === "open" ? null : <Badge tone="doubt">{say(`entry.is.${one.entry_state}`)}</Badge>}
                <VerdictBadge verdict={one.verdict} />
              </span>
              <JudgeForm verdict={one.verdict} about={{ case: caseNumber, subject: "entry-match", object: media.sha256, list: one.list, entry: one.entry }} />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function NearMatches({ media, caseNumber }: { media: MediaDetail; caseNumber: string }) {
  const { say } = useWords();
  const [all, setAll] = useState(false);
  const shown = all ? media.near : media.near.slice(0, 8);
  return (
    <Section title={say("media.near")} count={media.near.length}>
      <ul className="lines">
        {shown.map((one) => (
          <li key={one.sha256}>
            <div className="stack tight">
              <span>
                {one.exhibit}: {one.name}
              </span>
              <span className="row small">
                <span className="soft">{agreement(say, one)}</span>
                <VerdictBadge verdict={one.verdict} />
              </span>
              {one.spans.map((span) => (
                <span key={span.begin} className="small soft">
                  {spanText(say, span)}
                </span>
              ))}
            </div>
            <Link className="button" href={`/cases/${caseNumber}/compare/${media.sha256}/${one.sha256}`}>
              {say("match.compare")}
            </Link>
          </li>
        ))}
      </ul>
      {shown.length < media.near.length ? (
        <button className="button quiet" onClick={() => setAll(true)}>
          {say("more")}
        </button>
      ) : null}
    </Section>
  );
}

function Files({ media }: { media: MediaDetail }) {
  const { say } = useWords();
  return (
    <Section title={say("media.files")} count={media.files.length}>
      <ul className="lines small">
        {media.files.map((one) => (
          <li key={`${one.case}/${one.exhibit}/${one.path}`}>
            <div>
              <strong>{one.exhibit}</strong> <bdi>{one.path}</bdi>
              {one.times.map((time) => (
                <div key={`${time.kind}${time.raw}`} className="soft">
                  {time.kind}: {time.raw} ({time.zone})
                </div>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Clues({ media }: { media: MediaDetail }) {
  const { say } = useWords();
  return (
    <Section title={say("media.clues")} count={media.clues.length}>
      <dl className="facts small">
        {media.clues.map((one) => (
          <div key={`${one.kind}${one.source}${one.value}`} className="fact">
            <dt>{one.kind}</dt>
            <dd>
              <bdi>{one.value}</bdi> <span className="soft">{one.source}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

const VERDICTS: Record<Verdict["state"], Tone> = { open: "plain", positive: "good", negative: "plain", unsure: "doubt", disputed: "doubt" };

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const { say } = useWords();
  const votes = verdict.votes.length;
  return (
    <>
      <Badge tone={VERDICTS[verdict.state]}>
        {say(`verdict.${verdict.state}`)}
        {verdict.code ? ` · ${verdict.code}` : ""}
      </Badge>
      {votes > 0 && verdict.needed > 1 ? <span className="soft">{say("review.votes", { count: votes, needed: verdict.needed })}</span> : null}
    </>
  );
}

type Say = (id: MessageId, values?: Record<string, string | number>) => string;

/** The reason of a match in words: by which digest, or how far apart and how turned. */
export function agreement(say: Say, one: Pick<EntryMatch | NearMatch, "basis" | "distance" | "orientation">): string {
  const basis = one.basis.toUpperCase();
  if (["MD5", "SHA1", "SHA256"].includes(basis.replace("-", ""))) return say("match.by", { basis });
  return say("match.distance", { basis, distance: one.distance, orientation: say(`orientation.${one.orientation}` as MessageId) });
}

export function spanText(say: Say, span: Span): string {
  return say("match.aligned", {
    begin: clock(span.begin),
    end: clock(span.end),
    other_begin: clock(span.other_begin),
    other_end: clock(span.other_end),
  });
}

/** Seconds as h:mm:ss. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
