import { useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";
import type { Exposure, Page } from "../api/types";
import { Answer, Badge } from "../design/parts";
import { useWords } from "../i18n";

export function ExposureScreen() {
  const { say, number } = useWords();
  const exposure = useQuery({ queryKey: ["exposure"], queryFn: () => ask<Page<Exposure>>("exposure") });
  return (
    <div className="page">
      <div className="stack tight">
        <h1>{say("exposure.title")}</h1>
        <p className="soft">{say("exposure.about")}</p>
      </div>
      <Answer of={exposure}>
        {({ items }) => (
          <section className="panel">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{say("exposure.person")}</th>
                  {(["today", "week", "revealed", "limit"] as const).map((one) => (
                    <th key={one} scope="col" className="number">
                      {say(`exposure.${one}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.person}>
                    <th scope="row">{one.person}</th>
                    <td className="number">
                      {one.limit !== null && one.today > one.limit ? <Badge tone="alert">{number(one.today)}</Badge> : number(one.today)}
                    </td>
                    <td className="number">{number(one.week)}</td>
                    <td className="number">{number(one.revealed_today)}</td>
                    <td className="number">{one.limit === null ? <span className="soft">{say("exposure.none")}</span> : number(one.limit)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Answer>
    </div>
  );
}
