/** Hash lists and their editions: what each brought, what of it could not be taken, what is in doubt. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ask, askAll } from "../api/client";
import type { DoubtfulEntry, Edition, HashList } from "../api/types";
import { Answer, Badge, Empty, Panel, ProblemNote, Screen } from "../design/parts";
import { useWords, type MessageId } from "../i18n";
import { useMay } from "../session";
import { BrokenRecords } from "./broken";
import { Import, Imports, type EditionName } from "./imports";

export function ListsScreen() {
  const { say } = useWords();
  const may = useMay();
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => askAll<HashList>("lists") });
  const keeps = may("keep-lists");
  const [begun, setBegun] = useState<string[]>([]);
  const [open, setOpen] = useState<EditionName | null>(null);
  return (
    <Screen title={say("lists.title")} about={say("lists.about")} actions={keeps ? <Import begun={(job) => setBegun((before) => [...before, job])} /> : null}>
      {keeps ? <Imports begun={begun} showBroken={setOpen} /> : null}
      {keeps ? <Doubtful /> : null}
      <Answer of={lists}>
        {(items) =>
          items.length === 0 ? (
            <Panel title={say("lists.title")}>
              <Empty title={say("lists.none")}>
                <p>{say("lists.none.next")}</p>
              </Empty>
            </Panel>
          ) : (
            items.map((one) => <OneList key={one.id} list={one} open={open?.list === one.name ? open.ordinal : null} setOpen={setOpen} />)
          )
        }
      </Answer>
    </Screen>
  );
}

interface ListProps {
  list: HashList;
  /** The edition of which is shown what could not be taken. */
  open: number | null;
  setOpen: (edition: EditionName | null) => void;
}

function OneList({ list, open, setOpen }: ListProps) {
  const { say, number } = useWords();
  return (
    <Panel
      title={
        <span className="row">
          {list.name} <Badge tone={list.role === "alert" ? "alert" : "plain"}>{say(`role.${list.role}` as MessageId)}</Badge>
          {list.quarantined > 0 ? (
            <Badge tone="doubt">
              {say("lists.quarantined")} {number(list.quarantined)}
            </Badge>
          ) : null}
        </span>
      }
      actions={
        <span className="soft small">
          {[list.origin, list.scheme].filter(Boolean).map((one) => `${one} · `)}
          {say("lists.entries")} {number(list.entries)}
        </span>
      }
      flush
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("lists.edition")}</th>
            <th scope="col" className="of-moment">
              {say("audit.at")}
            </th>
            {(["added", "changed", "withdrawn", "broken"] as const).map((one) => (
              <th key={one} scope="col" className="number of-count">
                {say(`lists.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.editions.map((one) => (
            <OneEdition key={one.ordinal} edition={one} name={{ list: list.name, ordinal: one.ordinal }} isOpen={open === one.ordinal} setOpen={setOpen} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

interface EditionProps {
  edition: Edition;
  name: EditionName;
  isOpen: boolean;
  setOpen: (edition: EditionName | null) => void;
}

function OneEdition({ edition, name, isOpen, setOpen }: EditionProps) {
  const { say, number, moment } = useWords();
  const below = useId();
  return (
    <>
      <tr>
        <th scope="row">
          {edition.ordinal} <bdi className="soft">{edition.file_name}</bdi>
        </th>
        <td>{moment(edition.imported_at)}</td>
        <td className="number">{number(edition.added)}</td>
        <td className="number">{number(edition.changed)}</td>
        <td className="number">{number(edition.withdrawn)}</td>
        <td className="number">
          {edition.broken === 0 ? (
            "0"
          ) : (
            <button className="badge doubt pressable" aria-expanded={isOpen} aria-controls={below} onClick={() => setOpen(isOpen ? null : name)}>
              {number(edition.broken)}{" "}
              <span className="visually-hidden">
                {say("lists.broken.of", { list: name.list, edition: edition.ordinal })}
              </span>
              <span aria-hidden="true">{isOpen ? "▴" : "▾"}</span>
            </button>
          )}
        </td>
      </tr>
      {isOpen ? (
        <tr className="below">
          <td colSpan={6}>
            <BrokenRecords id={below} edition={name} count={edition.broken} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

/** Entries that suddenly match far more than before: they keep matching, and wait for a person's word. */
function Doubtful() {
  const { say, number } = useWords();
  const client = useQueryClient();
  const doubtful = useQuery({ queryKey: ["doubtful"], queryFn: () => askAll<DoubtfulEntry>("doubtful-entries") });
  const judge = useMutation({
    mutationFn: ({ entry, decision }: { entry: DoubtfulEntry; decision: "positive" | "negative" | "unsure" }) =>
      ask("judgements", { method: "POST", body: { subject: "entry", list: entry.list, entry: entry.entry, decision, reason: "" } }),
    onSuccess: () => client.invalidateQueries(),
  });
  if (!doubtful.data?.length) return null;
  return (
    <Panel title={say("lists.quarantined")} flush>
      <p className="body soft">{say("lists.quarantined.about")}</p>
      <ProblemNote error={judge.error} />
      <table className="table">
        <tbody>
          {doubtful.data.map((one) => (
            <tr key={`${one.list} ${one.entry} ${one.exhibit}`}>
              <th scope="row">
                {one.list}: {one.entry}
              </th>
              <td>{one.exhibit}</td>
              <td className="number">
                {number(one.before)} → {number(one.files)}
              </td>
              <td>
                <span className="row">
                  {(["positive", "unsure", "negative"] as const).map((decision) => (
                    <button key={decision} className="button" disabled={judge.isPending} onClick={() => judge.mutate({ entry: one, decision })}>
                      {say(`entry.${decision}`)}
                    </button>
                  ))}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
