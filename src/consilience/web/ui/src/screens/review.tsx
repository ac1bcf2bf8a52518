/** Stacks, not files: seen hidden or blurred, judged by keys, with what is known of each beside it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ask, query } from "../api/client";
import { BlurredPictures } from "../api/pictures";
import type { Facets, GalleryItem, NewJudgement, Page, Scheme } from "../api/types";
import { Empty, Loading, ProblemNote } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { Gallery } from "./gallery";
import { KeyTable } from "./keytable";
import { Medium } from "./medium";

export type Veil = "hidden" | "blurred";

interface Filters {
  outcome: string;
  kind: string;
  exhibit: string;
  camera: string;
  list: string;
  judged: string;
}

type Sort = "found" | "taken" | "size" | "stack" | "distance";

const MEDIA = ["picture", "video", "audio"];
const NO_FILTERS: Filters = { outcome: "", kind: "", exhibit: "", camera: "", list: "", judged: "not-mine" };
const PAGE = 500;

interface Judged {
  id: string;
  item: GalleryItem;
  code: string;
}

export function ReviewScreen({ number }: { number: string }) {
  const { say } = useWords();
  const [filters, setFilters] = useState(NO_FILTERS);
  const [sort, setSort] = useState<Sort>("found");
  const [veil, setVeil] = useState<Veil>("hidden");
  const [place, setPlace] = useState(0);
  const [revealed, setRevealed] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [undoable, setUndoable] = useState<Judged[]>([]);
  const keys = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();

  const pictures = useMemo(() => new BlurredPictures(number), [number]);
  useEffect(() => () => pictures.forgetAll(), [pictures]);

  const asked = useMemo(() => ({ ...filters, kind: filters.kind || MEDIA }), [filters]);
  const galleryKey = useMemo(() => ["gallery", number, asked, sort], [number, asked, sort]);
  const gallery = useInfiniteQuery({
    queryKey: galleryKey,
    queryFn: ({ pageParam, signal }) =>
      ask<Page<GalleryItem>>(`cases/${number}/gallery${query({ ...asked, sort, cursor: pageParam, limit: PAGE })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Infinity, // what one is working through does not move underneath
  });
  const items = useMemo(() => gallery.data?.pages.flatMap((page) => page.items) ?? [], [gallery.data]);
  const total = gallery.data?.pages[0]?.total ?? items.length;
  const item = items[place];

  const schemes = useQuery({ queryKey: ["schemes"], queryFn: () => ask<Scheme[]>("schemes"), staleTime: Infinity });
  const scheme = schemes.data?.[0];

  const mark = useCallback(
    (sha256: string, change: Pick<GalleryItem, "code" | "judged_by_me">) =>
      client.setQueryData<typeof gallery.data>(galleryKey, (data) =>
        data && {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            items: page.items.map((one) => (one.sha256 === sha256 ? { ...one, ...change } : one)),
          })),
        },
      ),
    [client, galleryKey],
  );

  const judge = useMutation({
    mutationFn: ({ item: one, code }: { item: GalleryItem; code: string }) =>
      ask<{ id: string }>("judgements", {
        method: "POST",
        body: {
          case: decodeURIComponent(number),
          subject: "classification",
          object: one.sha256,
          decision: "positive",
          code,
          ...(scheme ? { scheme: scheme.name, scheme_version: scheme.version } : {}),
          reason: "",
        } satisfies NewJudgement,
      }),
    onSuccess: ({ id }, { item: one, code }) => {
      mark(one.sha256, { code, judged_by_me: true });
      setUndoable((before) => [...before, { id, item: one, code }]);
      setSaid(say("review.voted", { code }));
    },
  });
  const undo = useMutation({
    mutationFn: async () => {
      const last = undoable.at(-1);
      if (last) await ask(`judgements/${last.id}`, { method: "DELETE" });
      return last;
    },
    onSuccess: (last) => {
      if (!last) return;
      mark(last.item.sha256, { code: last.item.code, judged_by_me: last.item.judged_by_me });
      setUndoable((before) => before.slice(0, -1));
      setSaid(say("review.undone"));
    },
  });

  const move = useCallback(
    (to: number) => {
      setRevealed(null); // a picture is shown only as long as one looks at it
      setPlace(Math.max(0, Math.min(items.length - 1, to)));
      if (to > items.length - PAGE / 2 && gallery.hasNextPage && !gallery.isFetchingNextPage) void gallery.fetchNextPage();
    },
    [items.length, gallery],
  );

  const onKey = (event: React.KeyboardEvent) => {
    // Keys that mean something to what has the focus are its own: a space on a button must not reveal a picture.
    if (event.ctrlKey || event.altKey || event.metaKey || (event.target as Element).closest("button, a, input, select, textarea, dialog")) return;
    if (event.key === "?") keys.current?.showModal();
    else if (event.key === " " && item) setRevealed((now) => (now === item.sha256 ? null : item.sha256));
    else if (event.key === "u") undo.mutate();
    else {
      const code = scheme?.codes.find((one) => (one.key ?? one.code) === event.key)?.code;
      if (code === undefined || !item || judge.isPending) return;
      judge.mutate({ item, code });
      move(place + 1);
    }
    event.preventDefault();
  };

  useEffect(() => {
    setPlace(0);
    setRevealed(null);
  }, [filters, sort]);

  return (
    <div className="review" onKeyDown={onKey}>
      <FilterBar
        number={number}
        asked={asked}
        filters={filters}
        change={setFilters}
        sort={sort}
        setSort={setSort}
        veil={veil}
        setVeil={setVeil}
        total={total}
        showKeys={() => keys.current?.showModal()}
      />
      <KeyTable dialog={keys} scheme={scheme} />
      <div className="review-body">
        <section className="gallery-column" aria-label={say("nav.case.review")}>
          <ProblemNote error={gallery.error ?? judge.error ?? undo.error} />
          {gallery.isPending ? (
            <Loading />
          ) : items.length === 0 ? (
            <Empty title={say("review.none")}>
              <p>{say("review.none.next")}</p>
            </Empty>
          ) : (
            <Gallery
              items={items}
              pictures={pictures}
              veil={veil}
              place={place}
              move={move}
              nearEnd={() => gallery.hasNextPage && !gallery.isFetchingNextPage && void gallery.fetchNextPage()}
            />
          )}
        </section>
        <aside className="medium-column" aria-label={say("media.facts")}>
          {item ? (
            <Medium
              key={item.sha256}
              sha256={item.sha256}
              caseNumber={number}
              revealed={revealed === item.sha256}
              setRevealed={(shown) => setRevealed(shown ? item.sha256 : null)}
            />
          ) : (
            <Empty title={say("review.selectOne")} />
          )}
        </aside>
      </div>
      <footer className="statusline small">
        <span role="status">{said}</span>
        <button className="button quiet" disabled={undoable.length === 0 || undo.isPending} onClick={() => undo.mutate()}>
          {say("review.undo")} <kbd>u</kbd>
        </button>
      </footer>
    </div>
  );
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
  total: number;
  showKeys: () => void;
}

const LABELS: Record<keyof Filters, MessageId> = {
  outcome: "case.outcome",
  kind: "review.kind",
  exhibit: "review.exhibit",
  camera: "review.camera",
  list: "review.list",
  judged: "review.judged",
};
const SORTS: Sort[] = ["found", "taken", "size", "stack", "distance"];
const NAMED = new Set(["outcome", "kind", "judged"]); // values that are words of ours; others are names

function FilterBar({ number, asked, filters, change, sort, setSort, veil, setVeil, total, showKeys }: BarProps) {
  const { say, number: written } = useWords();
  const facets = useQuery({
    queryKey: ["facets", number, asked],
    queryFn: () => ask<Facets>(`cases/${number}/facets${query(asked)}`),
    placeholderData: (before) => before,
  }).data;
  const choice = (name: keyof Filters) => {
    const values = (facets?.[name] ?? []).filter((one) => name !== "kind" || MEDIA.includes(one.value));
    return (
      <label className="field" key={name}>
        <span>{say(LABELS[name])}</span>
        <select className="select" value={filters[name]} onChange={(event) => change({ ...filters, [name]: event.target.value })}>
          <option value="">{say("review.all")}</option>
          {filters[name] && !values.some((one) => one.value === filters[name]) ? (
            <option value={filters[name]}>{NAMED.has(name) ? say(`${name}.${filters[name]}` as MessageId) : filters[name]}</option>
          ) : null}
          {values.map((one) => (
            <option key={one.value} value={one.value}>
              {NAMED.has(name) ? say(`${name}.${one.value}` as MessageId) : one.value} ({written(one.count)})
            </option>
          ))}
        </select>
      </label>
    );
  };
  return (
    <div className="filterbar" role="group" aria-label={say("review.filters")}>
      {(Object.keys(LABELS) as (keyof Filters)[]).map(choice)}
      <label className="field">
        <span>{say("review.sort")}</span>
        <select className="select" value={sort} onChange={(event) => setSort(event.target.value as Sort)}>
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {say(`sort.${one}` as MessageId)}
            </option>
          ))}
        </select>
      </label>
      <button className="button" aria-pressed={veil === "blurred"} onClick={() => setVeil(veil === "hidden" ? "blurred" : "hidden")}>
        {say(veil === "hidden" ? "veil.blur" : "veil.hide")}
      </button>
      <span className="soft small">{say("items", { count: total })}</span>
      <button className="button quiet" onClick={showKeys}>
        {say("keys")} <kbd>?</kbd>
      </button>
    </div>
  );
}
