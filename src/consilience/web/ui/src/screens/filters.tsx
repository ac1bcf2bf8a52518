/** What is shown of a case, and in which order: what an examiner filters and sorts by. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask, query } from "../api/client";
import type { Facets } from "../api/types";
import { Field } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import type { Veil } from "./review";

type Choice = "outcome" | "kind" | "exhibit" | "camera" | "list" | "reached" | "judged";
type Written = "name" | "taken_from" | "taken_to" | "size_from" | "size_to";
export type Filters = Record<Choice | Written, string>;
export type Sort = "found" | "taken" | "size" | "stack" | "distance" | "seconds";

const MEDIA = ["picture", "video", "audio"];
const KILOBYTE = 1000;

export const NO_FILTERS: Filters = {
  outcome: "", kind: "", exhibit: "", camera: "", list: "", reached: "", judged: "not-mine",
  name: "", taken_from: "", taken_to: "", size_from: "", size_to: "",
};

/** The filters as the server takes them: whole days, bytes. */
export function askedOf(filters: Filters): Record<string, string | string[]> {
  const bytes = (kilobytes: string) => (kilobytes === "" ? "" : String(Math.round(Number(kilobytes) * KILOBYTE)));
  return {
    ...filters,
    kind: filters.kind || MEDIA,
    size_from: bytes(filters.size_from),
    size_to: bytes(filters.size_to),
    taken_from: filters.taken_from && `${filters.taken_from}T00:00:00Z`,
    taken_to: filters.taken_to && `${filters.taken_to}T23:59:59Z`,
  };
}

interface BarProps {
  number: string;
  asked: Record<string, string | string[]>;
  filters: Filters;
  change: (filters: Filters) => void;
  sort: Sort;
  setSort: (sort: Sort) => void;
  veil: Veil;
  setVeil: (veil: Veil) => void;
  /** Whether the counts wait: of a large case, what is to be looked at comes first. */
  isWaiting: boolean;
}

const LABELS: Record<Choice, MessageId> = {
  outcome: "case.outcome",
  kind: "review.kind",
  exhibit: "review.exhibit",
  list: "review.list",
  judged: "review.judged",
  camera: "review.camera",
  reached: "exhibit.pass",
};
const FIRST: Choice[] = ["outcome", "kind", "exhibit", "list", "judged"];
const FURTHER: Choice[] = ["camera", "reached"];
const SORTS: Sort[] = ["found", "taken", "size", "stack", "distance", "seconds"];
/** Values that are words of ours, by the catalogue's prefix; others are names. */
const NAMED: Partial<Record<Choice, string>> = { outcome: "outcome", kind: "kind", judged: "judged", reached: "pass" };

export function FilterBar({ number, asked, filters, change, sort, setSort, veil, setVeil, isWaiting }: BarProps) {
  const { say, number: written } = useWords();
  const [further, setFurther] = useState(false);
  const facets = useQuery({
    queryKey: ["facets", number, asked],
    queryFn: () => ask<Facets>(`cases/${number}/facets${query(asked)}`),
    placeholderData: (before) => before,
    enabled: !isWaiting,
  }).data;
  const choice = (name: Choice) => {
    const values = (facets?.[name] ?? []).filter((one) => name !== "kind" || MEDIA.includes(one.value));
    const said = (value: string) => (NAMED[name] ? say(`${NAMED[name]}.${value}` as MessageId) : value);
    return (
      <Field key={name} label={say(LABELS[name])}>
        <select className="select" title={filters[name] ? said(filters[name]) : undefined} value={filters[name]} onChange={(event) => change({ ...filters, [name]: event.target.value })}>
          <option value="">{say("review.all")}</option>
          {filters[name] && !values.some((one) => one.value === filters[name]) ? <option value={filters[name]}>{said(filters[name])}</option> : null}
          {values.map((one) => (
            <option key={one.value} value={one.value}>
              {said(one.value)} ({written(one.count)})
            </option>
          ))}
        </select>
      </Field>
    );
  };
  const entry = (name: Written, type: "date" | "number" | "search") => (
    <Field key={name} label={say(`review.${name}` as MessageId)} fits={type === "date"}>
      <Slowly type={type} value={filters[name]} change={(value) => change({ ...filters, [name]: value })} />
    </Field>
  );
  const inUse = [...FURTHER, "name", "taken_from", "taken_to", "size_from", "size_to"].filter((name) => filters[name as Choice | Written]).length;
  return (
    <div className="filterbar" role="group" aria-label={say("review.filters")}>
      {FIRST.map(choice)}
      <Field label={say("review.sort")} fits>
        <select className="select" value={sort} onChange={(event) => setSort(event.target.value as Sort)}>
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {say(`sort.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      <button className="button" aria-expanded={further} aria-controls="further-filters" onClick={() => setFurther(!further)}>
        {inUse > 0 ? say("review.further.inUse", { count: inUse }) : say("review.further")}
      </button>
      <button className="button" aria-pressed={veil === "blurred"} onClick={() => setVeil(veil === "hidden" ? "blurred" : "hidden")}>
        {say(veil === "hidden" ? "veil.blur" : "veil.hide")}
      </button>
      <div id="further-filters" className="filterbar-further" hidden={!further}>
        {entry("name", "search")}
        {FURTHER.map(choice)}
        {entry("taken_from", "date")}
        {entry("taken_to", "date")}
        {entry("size_from", "number")}
        {entry("size_to", "number")}
        <button className="button quiet" onClick={() => change(NO_FILTERS)}>
          {say("review.clear")}
        </button>
      </div>
    </div>
  );
}

const PAUSE = 300; // milliseconds without a key after which what was typed is asked for

/** An entry that is not asked for at each key. */
function Slowly({ type, value, change }: { type: "date" | "number" | "search"; value: string; change: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = window.setTimeout(() => change(typed), PAUSE);
    return () => window.clearTimeout(timer);
  }, [typed, value, change]);
  return <input className="input" type={type} min={type === "number" ? 0 : undefined} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}
