/** Stacks, not files: seen hidden or blurred, judged by keys, with what is known of each beside it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ask, query } from "../api/client";
import { BlurredPictures } from "../api/pictures";
import type { Exposure, GalleryItem, NewJudgement, Page, Scheme } from "../api/types";
import { Empty, Loading, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";
import { prefer, usePreferences } from "../preferences";
import { useMay } from "../session";
import { CodeBar } from "./codes";
import { askedOf, FilterBar, NO_FILTERS, type Sort } from "./filters";
import { Gallery } from "./gallery";
import { KeyTable } from "./keytable";
import { Medium } from "./medium";

export type Veil = "hidden" | "blurred";

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
  const may = useMay();

  const pictures = useMemo(() => new BlurredPictures(number), [number]);
  useEffect(() => () => pictures.forgetAll(), [pictures]);

  const asked = useMemo(() => askedOf(filters), [filters]);
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
  const { scheme: preferred } = usePreferences();
  const scheme = schemes.data?.find((one) => one.name === preferred) ?? schemes.data?.[0];

  const mark = useCallback(
    (sha256: string, change: Pick<GalleryItem, "code" | "judged_by_me">) =>
      client.setQueryData<typeof gallery.data>(galleryKey, (data) =>
        data && {
          ...data,
          // Only the page that holds it is made anew: there may be two hundred.
          pages: data.pages.map((page) =>
            page.items.some((one) => one.sha256 === sha256)
              ? { ...page, items: page.items.map((one) => (one.sha256 === sha256 ? { ...one, ...change } : one)) }
              : page,
          ),
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

  const classify = (code: string) => {
    if (!item || judge.isPending) return;
    judge.mutate({ item, code });
    move(place + 1);
  };

  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === "Escape" && (event.target as Element).closest(".sheet")) event.currentTarget.querySelector<HTMLElement>("[role=grid]")?.focus();
    // Keys that mean something to what has the focus are its own: a space on a button must not reveal a picture.
    if (event.ctrlKey || event.altKey || event.metaKey || (event.target as Element).closest("button, a, input, select, textarea, dialog")) return;
    if (event.key === "?") keys.current?.showModal();
    else if (event.key === " " && item) setRevealed((now) => (now === item.sha256 ? null : item.sha256));
    else if (event.key === "Enter") event.currentTarget.querySelector<HTMLElement>(".sheet button[tabindex='0']")?.focus();
    else if (event.key === "u") undo.mutate();
    else {
      const code = scheme?.codes.find((one) => (one.key ?? one.code) === event.key)?.code;
      if (code === undefined) return;
      classify(code);
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
        isWaiting={gallery.isPending}
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
          {item && scheme && may("judge") ? (
            <CodeBar
              schemes={schemes.data ?? []}
              scheme={scheme}
              choose={(name) => prefer({ scheme: name })}
              item={item}
              isBusy={judge.isPending}
              judge={classify}
            />
          ) : null}
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
        <span role="status" className="said">
          {said}
        </span>
        <span className="soft">{say("items", { count: total })}</span>
        <Seen />
        <button className="button quiet" onClick={() => keys.current?.showModal()}>
          {say("keys")} <kbd>?</kbd>
        </button>
        <button className="button quiet" disabled={undoable.length === 0 || undo.isPending} onClick={() => undo.mutate()}>
          {say("review.undo")} <kbd>u</kbd>
        </button>
      </footer>
    </div>
  );
}

/** How much one saw today oneself, beside the limit that the unit lays down. */
function Seen() {
  const { say } = useWords();
  const seen = useQuery({ queryKey: ["exposure", "me"], queryFn: () => ask<Exposure>("exposure/me") });
  if (!seen.data) return null;
  const { revealed_today: count, limit } = seen.data;
  return <span className="soft">{limit === null ? say("review.seen", { count }) : say("review.seen.of", { count, limit })}</span>;
}
