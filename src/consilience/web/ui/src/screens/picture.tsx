/** One picture, hidden until someone asks for it; of a video a sheet of key frames with the matched seconds marked. */
import { useRevealed } from "../api/pictures";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";
import { clock, marks, type Stretch } from "./seconds";

interface Props {
  media: { sha256: string; viewable: boolean; seconds: number | null };
  caseNumber: string;
  revealed: boolean;
  setRevealed: (revealed: boolean) => void;
  turn?: string;
  /** Where it agrees with something. */
  matched?: Stretch[];
}

export function Picture({ media, caseNumber, revealed, setRevealed, turn, matched = [] }: Props) {
  const { say } = useWords();
  const { address, times, error } = useRevealed(media.sha256, caseNumber, revealed);
  return (
    <figure className="picture">
      <div className="picture-frame">
        {address && times.length > 1 ? (
          <ContactSheet address={address} times={times} matched={matched} turn={turn} />
        ) : address ? (
          <img src={address} alt="" draggable={false} data-turn={turn ?? "upright"} />
        ) : error ? (
          <ProblemNote error={error} />
        ) : (
          <span className="soft">{media.viewable ? say("review.hidden") : say(media.seconds === null ? "review.offline" : "review.sound")}</span>
        )}
      </div>
      <Course seconds={media.seconds} matched={matched} />
      <figcaption className="row spread small">
        <span className="soft">{address ? say("review.revealed") : ""}</span>
        <button className="button" aria-pressed={revealed} disabled={!media.viewable} onClick={() => setRevealed(!revealed)}>
          {say(revealed ? "review.hide" : "review.reveal")}
        </button>
      </figcaption>
    </figure>
  );
}

/** The server lays key frames out in rows of four, of two where there are no more than four. */
const across = (frames: number): number => (frames > 4 ? 4 : 2);

function ContactSheet({ address, times, matched, turn }: { address: string; times: number[]; matched: Stretch[]; turn: string | undefined }) {
  const { say } = useWords();
  const columns = across(times.length);
  const rows = Math.ceil(times.length / columns);
  const marked = marks(times, matched);
  const cells = times.map((time, place) => ({ time, mark: marked[place]! }));
  return (
    // Frames run from left to right in every language: they are one picture.
    <div className="sheet" dir="ltr">
      <img src={address} alt="" draggable={false} data-turn={turn === "flipped-horizontally" ? turn : "upright"} />
      <ol style={{ gridTemplate: `repeat(${rows}, 1fr) / repeat(${columns}, 1fr)` }} className={turn === "flipped-horizontally" ? "mirrored" : undefined} aria-label={say("sheet.frames")}>
        {cells.map(({ time, mark }) => (
          <li key={time} data-mark={mark ?? undefined}>
            <span>
              {clock(time)}
              {mark ? <span className="visually-hidden"> {say(`sheet.${mark}`)}</span> : null}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The length of a video or sound as a bar, with the seconds that agree with something. It shows nothing of it. */
function Course({ seconds, matched }: { seconds: number | null; matched: Stretch[] }) {
  const { say } = useWords();
  if (!seconds || matched.length === 0) return null;
  const percent = (value: number) => `${(100 * Math.min(value, seconds)) / seconds}%`;
  return (
    <div className="course" dir="ltr">
      <div className="course-line">
        {matched.map((one, place) => (
          <span
            key={place}
            className={one.isListed ? "listed" : undefined}
            title={`${clock(one.begin)}–${clock(one.end)}`}
            style={{ insetInlineStart: percent(one.begin), inlineSize: percent(one.end - one.begin) }}
          />
        ))}
      </div>
      <div className="row spread small soft">
        <span>0:00</span>
        <span>{say("sheet.matched")}</span>
        <span>{clock(seconds)}</span>
      </div>
    </div>
  );
}
