import { useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";
import type { HashList, Page } from "../api/types";
import { Answer, Badge, Empty, Panel } from "../design/parts";
import { useWords } from "../i18n";

export function ListsScreen() {
  const { say } = useWords();
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => ask<Page<HashList>>("lists") });
  return (
    <div className="page">
      <h1>{say("lists.title")}</h1>
      <Answer of={lists}>
        {({ items }) =>
          items.length === 0 ? (
            <Panel title={say("lists.title")}>
              <Empty title={say("lists.none")}>
                <p>{say("lists.none.next")}</p>
              </Empty>
            </Panel>
          ) : (
            items.map((one) => <OneList key={one.id} list={one} />)
          )
        }
      </Answer>
    </div>
  );
}

function OneList({ list }: { list: HashList }) {
  const { say, number, moment } = useWords();
  return (
    <Panel
      title={
        <span className="row">
          {list.name} <Badge tone={list.role === "alert" ? "alert" : "plain"}>{list.role}</Badge>
          {list.quarantined > 0 ? (
            <Badge tone="doubt">
              {say("lists.quarantined")} {number(list.quarantined)}
            </Badge>
          ) : null}
          {list.doubted > 0 ? (
            <Badge tone="doubt">
              {say("lists.doubted")} {number(list.doubted)}
            </Badge>
          ) : null}
        </span>
      }
      actions={
        <span className="soft small">
          {list.origin} · {list.scheme} · {say("lists.entries")} {number(list.entries)}
        </span>
      }
      flush
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("lists.edition")}</th>
            <th scope="col">{say("audit.at")}</th>
            {(["added", "changed", "withdrawn", "broken"] as const).map((one) => (
              <th key={one} scope="col" className="number">
                {say(`lists.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.editions.map((one) => (
            <tr key={one.ordinal}>
              <th scope="row">
                {one.ordinal} <span className="soft">{one.file_name}</span>
              </th>
              <td>{moment(one.imported_at)}</td>
              <td className="number">{number(one.added)}</td>
              <td className="number">{number(one.changed)}</td>
              <td className="number">{number(one.withdrawn)}</td>
              <td className="number">{one.broken > 0 ? <Badge tone="doubt">{number(one.broken)}</Badge> : "0"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
