/** One picture, hidden until someone asks for it; of a video a sheet of key frames with the matched seconds marked. */
import type { MediaDetail } from "../api/types";
import { useRevealed } from "../api/pictures";
import { ProblemNote } from "../design/parts";
import { useWords } from "../i18n";
import { clock, marks, type Stretch } from "./seconds";
import { ContactSheet } from "./sheet";

interface Props {
  media: Pick<MediaDetail, "sha256" | "viewable" | "seconds" | "width" | "height">;
  caseNumber: string;
  revealed: boolean;
  setRevealed: (revealed: boolean) => void;
  turn?: string;
  /** Where it agrees with something. */
  matched?: Stretch[];
}

export function Picture({ media, caseNumber, revealed, setRevealed, turn = "upright", matched = [] }: Props) {
  const { say } = useWords();
  const { address, times, error } = useRevealed(media.sha256, caseNumber, revealed);
  return (
    <figure className="picture">
      <div className="picture-frame">
        {address && times.length > 1 ? (
          <ContactSheet media={media} caseNumber={caseNumber} address={address} times={times} marked={marks(times, matched)} turn={turn} />
        ) : address ? (
          <img src={address} alt="" draggable={false} data-turn={turn} />
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
