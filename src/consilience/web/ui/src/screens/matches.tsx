/** What a content matches, with the reason of each match in words; judged here. */
import { useState } from "react";
import { Link } from "wouter";
import type { EntryMatch, MediaDetail, NearMatch, Verdict } from "../api/types";
import { Badge, Section, type Tone } from "../design/parts";
import { useWords, type MessageId, type Words } from "../i18n";
import { JudgeForm } from "./judge";
import { clock, secondsOf, spanText } from "./seconds";

export function EntryMatches({ media, caseNumber }: { media: MediaDetail; caseNumber: string }) {
  const { say } = useWords();
  const at = (part: string) => {
    const seconds = secondsOf(part);
    if (seconds === null) return "";
    const [begin, end] = seconds.map(clock);
    return `, ${begin === end ? say("match.at", { at: begin! }) : say("match.within", { begin: begin!, end: end! })}`;
  };
  return (
    <Section title={say("media.matches")} count={media.matches.length}>
      <ul className="lines">
        {media.matches.map((one) => (
          <li key={one.id}>
            <div className="stack tight">
              <span>{say("match.says", { entry: one.entry, list: one.list })}</span>
              <span className="row small">
                <span className="soft">
                  {[agreement(say, one), ...inside(say, one)].join(", ")}
                  {at(one.part)}
                </span>
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

export function NearMatches({ media, caseNumber }: { media: MediaDetail; caseNumber: string }) {
  const { say } = useWords();
  const [all, setAll] = useState(false);
  const shown = all ? media.near : media.near.slice(0, 8);
  return (
    <Section title={say("media.near")} count={media.near.length}>
      <ul className="lines">
        {shown.map((one) => (
          <li key={`${one.sha256}${one.basis}${one.part}${one.other_part}`}>
            <div className="stack tight">
              <span>
                {one.case === decodeURIComponent(caseNumber) ? "" : `${one.case} · `}
                {one.exhibit}: {one.name}
              </span>
              <span className="row small">
                <span className="soft">{[agreement(say, one), ...inside(say, one)].join(", ")}</span>
                <VerdictBadge verdict={one.verdict} />
              </span>
              {one.spans.map((span) => (
                <span key={`${span.begin}/${span.other_begin}`} className="small soft">
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

type Agreement = Pick<EntryMatch | NearMatch, "basis" | "distance" | "orientation">;

/** The reason of a match in words: by which digest, or how far apart and how turned. */
export function agreement(say: Words["say"], one: Agreement): string {
  const basis = NAMES[one.basis] ?? one.basis.toUpperCase();
  if (one.distance === null) return say("match.sound", { basis });
  if (/^(MD5|SHA-?1|SHA-?256)/.test(basis)) return say("match.by", { basis });
  return say(one.basis === "vpdq" ? "match.footage" : "match.distance", {
    basis,
    distance: one.distance,
    orientation: say(`orientation.${one.orientation}` as MessageId),
  });
}

const isPreview = (part: string): boolean => part.startsWith("preview:");

/** That a small picture inside a file agreed, which may show something else than the file does. */
export function inside(say: Words["say"], one: { part: string; other_part?: string }): string[] {
  const [mine, theirs] = [isPreview(one.part), isPreview(one.other_part ?? "")];
  if (mine && theirs) return [say("match.previews")];
  if (mine) return [say("match.preview")];
  return theirs ? [say("match.preview.other")] : [];
}

const NAMES: Record<string, string> = { vpdq: "vPDQ", chromaprint: "Chromaprint", sha256: "SHA-256", sha1: "SHA-1", "md5+size": "MD5 + size" };
