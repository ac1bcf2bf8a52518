/** What of a list's file could not be taken: where it stands and why, a page at a time. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { ask, query } from "../api/client";
import type { BrokenRecord, Page } from "../api/types";
import { Answer, ProblemNote } from "../design/parts";
import { useWords } from "../i18n";
import type { EditionName } from "./imports";

const PAGE = 50;

interface Props {
  edition: EditionName;
  count: number;
  id: string;
}

export function BrokenRecords({ edition: { list, ordinal }, count, id }: Props) {
  const { say, number } = useWords();
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []); // it may lie below what is in sight
  const found = useInfiniteQuery({
    queryKey: ["broken", list, ordinal],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<BrokenRecord>>(`lists/${encodeURIComponent(list)}/editions/${ordinal}/broken${query({ cursor: pageParam, limit: PAGE })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Infinity, // an edition does not change
  });
  return (
    <section ref={box} id={id} tabIndex={-1} className="inset stack tight" aria-label={say("lists.broken.of", { list, edition: ordinal })}>
      <p className="small">
        <strong>{say("lists.broken.some", { count })}</strong> <span className="soft">{say("lists.broken.about")}</span>
      </p>
      <Answer of={found}>
        {({ pages }) => {
          const records = pages.flatMap((page) => page.items);
          return (
            <>
              <table className="table small">
                <thead>
                  <tr>
                    <th scope="col" className="number fit">
                      {say("lists.broken.place")}
                    </th>
                    <th scope="col">{say("lists.broken.why")}</th>
                  </tr>
                </thead>
                <tbody>
                  {records.map((one, place) => (
                    <tr key={place}>
                      <th scope="row" className="number fit">
                        {number(one.position)}
                      </th>
                      <td>
                        <bdi>{one.reason}</bdi>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <ProblemNote error={found.error} />
              <div className="row small">
                <span className="soft" role="status">
                  {say("shown", { count: records.length, total: count })}
                </span>
                {found.hasNextPage ? (
                  <button className="button quiet" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    {say("more")}
                  </button>
                ) : null}
              </div>
            </>
          );
        }}
      </Answer>
    </section>
  );
}
