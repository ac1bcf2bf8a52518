/** A video's key frames on one sheet; one of them larger by a deliberate act, which is a view of its own. */
import { useEffect, useRef, useState } from "react";
import { useRevealed } from "../api/pictures";
import { Badge, Loading, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";
import { clock, type Marked } from "./seconds";

interface Props {
  media: { sha256: string; width: number; height: number };
  caseNumber: string;
  address: string;
  /** Seconds at which each frame is shown, and how it stands to what matched. */
  times: number[];
  marked: Marked[];
  turn: string;
}

const SIDE = 1024; // pixels of the longer side of a picture for people
/** Orientations in which what was the width is the height. */
const LYING = ["rotated-90", "rotated-270", "transposed", "antitransposed"];
const MIRRORED = "flipped-horizontally";

/** The server lays key frames out in rows of four, of two where there are no more than four. */
const across = (frames: number): number => (frames > 4 ? 4 : 2);

export function ContactSheet({ media, caseNumber, address, times, marked, turn }: Props) {
  const { say } = useWords();
  const [place, setPlace] = useState(0);
  const [enlarged, setEnlarged] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const columns = across(times.length);
  const rows = Math.ceil(times.length / columns);
  const isMirrored = turn === MIRRORED;
  const last = times.length - 1;

  const focus = (to: number) => {
    setPlace(to);
    list.current?.querySelectorAll("button")[to]?.focus();
  };
  const onKey = (event: React.KeyboardEvent) => {
    const right = isMirrored ? -1 : 1;
    const step = { ArrowRight: right, ArrowLeft: -right, ArrowDown: columns, ArrowUp: -columns, Home: -place, End: last - place }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (place + step >= 0 && place + step <= last) focus(place + step);
  };
  return (
    <>
      {/* Frames run from left to right in every language: they are one picture. */}
      <div className="sheet" dir="ltr">
        <img src={address} alt="" draggable={false} data-turn={isMirrored ? turn : "upright"} />
        <ol
          ref={list}
          style={{ gridTemplate: `repeat(${rows}, 1fr) / repeat(${columns}, 1fr)` }}
          className={isMirrored ? "mirrored" : undefined}
          aria-label={say("sheet.frames")}
          onKeyDown={onKey}
        >
          {times.map((time, number) => {
            const mark = marked[number] ?? null;
            return (
              <li key={number} data-mark={mark ?? undefined}>
                <button
                  tabIndex={number === place ? 0 : -1}
                  onFocus={() => setPlace(number)}
                  onClick={() => {
                    setPlace(number);
                    setEnlarged(true);
                  }}
                >
                  <span>
                    <span className="visually-hidden">{say("sheet.enlarge")} </span>
                    {clock(time)}
                    {mark ? <span className="visually-hidden"> {say(`sheet.${mark}`)}</span> : null}
                  </span>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
      {enlarged ? (
        <Frame
          media={media}
          caseNumber={caseNumber}
          times={times}
          marked={marked}
          turn={turn}
          place={place}
          go={setPlace}
          close={() => {
            setEnlarged(false);
            focus(place);
          }}
        />
      ) : null}
    </>
  );
}

interface FrameProps extends Omit<Props, "address"> {
  place: number;
  go: (place: number) => void;
  close: () => void;
}

/** One frame, no larger than the server makes pictures for people. */
function Frame({ media, caseNumber, times, marked, turn, place, go, close }: FrameProps) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  const { address, error } = useRevealed(media.sha256, caseNumber, true, place);
  useEffect(() => {
    dialog.current?.showModal();
    leave.current?.focus();
  }, []);
  const isThere = (to: number) => to >= 0 && to < times.length;
  // Not left to the dialog's close event: that comes later, and would take the focus from where it has gone since.
  const closeNow = () => {
    dialog.current?.close();
    close();
  };
  const onKey = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      closeNow();
      return;
    }
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    // Each frame is a view on record: a key that is held down asks for one.
    if (!event.repeat && isThere(to)) go(to);
  };
  const mark = marked[place];
  const scale = Math.min(1, SIDE / Math.max(media.width, media.height, 1));
  const sides = [media.width * scale, media.height * scale];
  const [wide, tall] = LYING.includes(turn) ? sides.reverse() : sides;
  const room = { "--wide": `${wide}px`, "--tall": `${tall}px` } as React.CSSProperties;
  // Not disabled: that would take the focus from under the keys.
  const step = (to: number, name: "previous" | "next", key: string) => (
    <button type="button" className="button" aria-disabled={!isThere(to)} onClick={() => isThere(to) && go(to)}>
      {say(`sheet.${name}`)} <kbd aria-hidden="true">{key}</kbd>
    </button>
  );
  return (
    <dialog
      ref={dialog}
      className="frame"
      style={room}
      aria-label={say("sheet.frame", { number: place + 1, of: times.length, at: clock(times[place]!) })}
      onClose={close}
      onKeyDown={onKey}
    >
      <div className={LYING.includes(turn) ? "frame-picture lying" : "frame-picture"}>
        {address ? <img src={address} alt="" draggable={false} data-turn={turn} /> : error ? <ProblemNote error={error} /> : <Loading />}
      </div>
      <div className="row spread small">
        <span className="row" role="status">
          {say("sheet.frame", { number: place + 1, of: times.length, at: clock(times[place]!) })}
          {mark ? <Badge tone="doubt">{say(`sheet.${mark}`)}</Badge> : null}
          {address ? <span className="soft">{say("review.revealed")}</span> : null}
        </span>
        <span className="row tight">
          {step(place - 1, "previous", "←")}
          {step(place + 1, "next", "→")}
          <button ref={leave} type="button" className="button" onClick={closeNow}>
            {say("close")} <kbd aria-hidden="true">Esc</kbd>
          </button>
        </span>
      </div>
    </dialog>
  );
}
