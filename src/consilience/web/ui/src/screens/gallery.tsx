/** The grid: only the rows in sight are in the page, so that a hundred thousand stacks scroll like a hundred. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useBlurred, type BlurredPictures } from "../api/pictures";
import type { GalleryItem } from "../api/types";
import { useWords, type MessageId } from "../i18n";
import { outcomeColour } from "./outcomes";
import type { Veil } from "./review";

const TILE = 168;
const ROW = 176;

interface Props {
  items: GalleryItem[];
  pictures: BlurredPictures;
  veil: Veil;
  place: number;
  move: (place: number) => void;
  nearEnd: () => void;
}

export function Gallery({ items, pictures, veil, place, move, nearEnd }: Props) {
  const { say } = useWords();
  const box = useRef<HTMLDivElement>(null);
  const [across, setAcross] = useState(4);
  useLayoutEffect(() => {
    const element = box.current!;
    const watch = new ResizeObserver(() => setAcross(Math.max(1, Math.floor((element.clientWidth - 8) / TILE))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const rows = useVirtualizer({
    count: Math.ceil(items.length / across),
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 3,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if ((last + 20) * across > items.length) nearEnd();
  }, [last, across, items.length, nearEnd]);
  useEffect(() => {
    rows.scrollToIndex(Math.floor(place / across), { align: "auto" });
  }, [place, across, rows]);

  const onKey = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, PageDown: across * 4, PageUp: -across * 4 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step === undefined ? undefined : place + step;
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(to);
  };
  return (
    <div
      ref={box}
      className="gallery"
      role="grid"
      tabIndex={0}
      aria-label={say("nav.case.review")}
      aria-rowcount={Math.ceil(items.length / across)}
      aria-activedescendant={`tile-${place}`}
      onKeyDown={onKey}
    >
      <div className="gallery-inner" role="rowgroup" style={{ blockSize: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => (
          <div key={row.key} role="row" aria-rowindex={row.index + 1} className="gallery-row" style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))` }}>
            {items.slice(row.index * across, (row.index + 1) * across).map((item, column) => {
              const number = row.index * across + column;
              return <Tile key={item.sha256} item={item} number={number} chosen={number === place} pictures={pictures} veil={veil} choose={move} />;
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

interface TileProps {
  item: GalleryItem;
  number: number;
  chosen: boolean;
  pictures: BlurredPictures;
  veil: Veil;
  choose: (place: number) => void;
}

const Tile = memo(function Tile({ item, number, chosen, pictures, veil, choose }: TileProps) {
  const { say } = useWords();
  // What a person has judged is not shown to that person again.
  const address = useBlurred(pictures, item.sha256, veil === "blurred" && item.viewable && !item.judged_by_me);
  return (
    <div
      role="gridcell"
      id={`tile-${number}`}
      aria-selected={chosen}
      className={item.judged_by_me ? "tile judged" : "tile"}
      style={{ borderBlockStartColor: outcomeColour(item.outcome) }}
      onClick={() => choose(number)}
    >
      <div className="tile-picture">
        {address ? (
          <img src={address} alt="" decoding="async" draggable={false} />
        ) : (
          <span className="soft small" aria-hidden="true">
            {say(`kind.${item.kind}.one` as MessageId)}
          </span>
        )}
        {item.code === null ? null : <span className="tile-code">{item.code}</span>}
        {item.stack_size > 1 ? <span className="tile-stack">{say("review.stack", { count: item.stack_size })}</span> : null}
      </div>
      <div className="tile-name small">
        {item.name} <span className="visually-hidden">{item.exhibit}</span>
      </div>
    </div>
  );
});
