import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ask, askFile, query, save } from "../api/client";
import type { AuditEvent, Page, Verified } from "../api/types";
import { Badge, Field, Loading, ProblemNote, Screen } from "../design/parts";
import { useWords } from "../i18n";

type Search = Record<"actor" | "action" | "case", string>;

export function AuditScreen() {
  const { say, number, moment } = useWords();
  const [search, setSearch] = useState<Search>({ actor: "", action: "", case: "" });
  const events = useInfiniteQuery({
    queryKey: ["audit", search],
    queryFn: ({ pageParam }) => ask<Page<AuditEvent>>(`audit/events${query({ ...search, cursor: pageParam, limit: 100 })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSearch(Object.fromEntries(new FormData(event.currentTarget)) as Search);
  };
  return (
    <Screen title={say("audit.title")} about={say("audit.about")}>
      <Checks />
      <form className="row" onSubmit={submit} role="search">
        {(["actor", "action", "case"] as const).map((name) => (
          <Field key={name} label={say(`audit.${name}`)}>
            <input className="input" name={name} />
          </Field>
        ))}
        <button className="button primary end">{say("audit.search")}</button>
      </form>
      <ProblemNote error={events.error} />
      {events.isPending ? <Loading /> : null}
      <section className="panel">
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="number">{say("audit.number")}</th>
              {(["at", "actor", "action", "object", "case", "why", "outcome"] as const).map((one) => (
                <th key={one} scope="col">
                  {say(`audit.${one}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {events.data?.pages.flatMap((page) =>
              page.items.map((one) => (
                <tr key={one.number}>
                  <th scope="row" className="number">{number(one.number)}</th>
                  <td>{moment(one.at, "medium")}</td>
                  <td>{one.actor}</td>
                  <td>{one.action}</td>
                  <td>{one.object_kind}</td>
                  <td>{one.case ?? ""}</td>
                  <td>{one.justification}</td>
                  <td>{one.outcome === "refused" ? <Badge tone="alert">{one.outcome}</Badge> : one.outcome}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </section>
      {events.hasNextPage ? (
        <button className="button" disabled={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
          {say("more")}
        </button>
      ) : null}
    </Screen>
  );
}

function Checks() {
  const { say } = useWords();
  const verify = useMutation({ mutationFn: () => ask<Verified>("audit/verify", { method: "POST" }) });
  const handOut = useMutation({
    mutationFn: async () => save(await askFile("audit/export", { method: "POST" }), "consilience.audit"),
  });
  return (
    <div className="stack tight">
      <div className="row">
        <button className="button" disabled={verify.isPending} onClick={() => verify.mutate()}>
          {say("audit.verify")}
        </button>
        <button className="button" disabled={handOut.isPending} onClick={() => handOut.mutate()}>
          {say("audit.export")}
        </button>
      </div>
      <ProblemNote error={verify.error ?? handOut.error} />
      {verify.data ? (
        <div className={verify.data.holds ? "note" : "note alert"} role="status">
          <strong>{say(verify.data.holds ? "audit.holds" : "audit.broken", { count: verify.data.events })}</strong>
          <ul className="small">
            {[...verify.data.faults, ...verify.data.limits].map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}
