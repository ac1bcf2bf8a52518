/** Everything that is known of one content, each with its source; its picture only by a deliberate act. */
import { useQuery } from "@tanstack/react-query";
import { ask, query } from "../api/client";
import type { MediaDetail } from "../api/types";
import { Answer, Badge, Section } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { EntryMatches, NearMatches } from "./matches";
import { outcomeTone } from "./outcomes";
import { Picture } from "./picture";
import { clock, stretches } from "./seconds";

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
          <Picture media={media} caseNumber={caseNumber} revealed={revealed} setRevealed={setRevealed} matched={stretches(media)} />
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

function Files({ media }: { media: MediaDetail }) {
  const { say } = useWords();
  const isInSeveral = new Set(media.files.map((one) => one.case)).size > 1;
  return (
    <Section title={say("media.files")} count={media.files.length}>
      <ul className="lines small">
        {media.files.map((one) => (
          <li key={`${one.case}/${one.exhibit}/${one.path}`}>
            <div>
              {isInSeveral ? `${one.case} · ` : ""}
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
