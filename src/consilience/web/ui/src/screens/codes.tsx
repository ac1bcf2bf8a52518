/** The codes of the unit's scheme: judged by the mouse here, by the keys written on them anywhere in the gallery. */
import type { GalleryItem, Scheme } from "../api/types";
import { useWords } from "../i18n";

interface Props {
  schemes: Scheme[];
  scheme: Scheme;
  choose: (name: string) => void;
  item: GalleryItem;
  isBusy: boolean;
  judge: (code: string) => void;
}

export function CodeBar({ schemes, scheme, choose, item, isBusy, judge }: Props) {
  const { say } = useWords();
  return (
    <div className="codebar">
      <select className="select" aria-label={say("review.scheme")} value={scheme.name} onChange={(event) => choose(event.target.value)}>
        {schemes.map((one) => (
          <option key={one.name} value={one.name}>
            {one.title}
          </option>
        ))}
      </select>
      <div className="row tight" role="group" aria-label={say("review.classify")}>
        {scheme.codes.map((one) => (
          <button key={one.code} className="button" aria-pressed={item.code === one.code} disabled={isBusy} onClick={() => judge(one.code)}>
            {one.title} {one.key === null ? null : <kbd aria-hidden="true">{one.key}</kbd>}
          </button>
        ))}
      </div>
    </div>
  );
}
