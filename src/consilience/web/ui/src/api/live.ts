/**
 * What happens, as it happens. The server tells of it by events; only while that connection is gone do screens
 * ask by themselves.
 */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState } from "react";
import type { Job, Page } from "./types";

const AGAIN = 30_000; // milliseconds until a connection that the server ended is tried again
const ASKING = 2_000; // milliseconds between two looks without a connection

/** Whether the server tells. */
export const LiveContext = createContext(false);

/** How often to ask for something that is under way: never, while the server tells of it. */
export function useAsking(isUnderWay: boolean): number | false {
  const live = useContext(LiveContext);
  return isUnderWay && !live ? ASKING : false;
}

/** Follow what happens, and ask again for what changed. Gives whether the server tells. */
export function useFollowing(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    const seen = new Map<string, string>();
    let source: EventSource | null = null;
    let timer = 0;
    const open = () => {
      source = new EventSource("/api/events");
      source.onopen = () => setLive(true);
      source.onerror = () => {
        setLive(false);
        // A browser tries by itself to come back, unless the server refused.
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN);
      };
      source.addEventListener("job", (event) => told(client, seen, "job", event.data as string));
      source.addEventListener("case", (event) => told(client, seen, "case", event.data as string));
      source.addEventListener("end", () => {
        source?.close();
        setLive(false);
        void client.invalidateQueries({ queryKey: ["session"] });
      });
    };
    open();
    return () => {
      window.clearTimeout(timer);
      source?.close();
    };
  }, [client]);
  return live;
}

/** Take in one event. The first of each thing is the state that the screens have just asked for. */
function told(client: QueryClient, seen: Map<string, string>, kind: "job" | "case", data: string): void {
  const about = JSON.parse(data) as Job | { case: string };
  const key = `${kind} ${"id" in about ? about.id : about.case}`;
  const before = seen.get(key);
  seen.set(key, data);
  if (before === data) return;
  if ("id" in about) {
    client.setQueryData<Page<Job>>(["jobs"], (jobs) => jobs && { ...jobs, items: merged(jobs.items, about) });
    if (before === undefined && about.state === "done") return;
    void client.invalidateQueries({ queryKey: ["case"] });
    if (about.state !== "running" && about.state !== "waiting") void client.invalidateQueries({ queryKey: ["lists"] });
  } else if (before !== undefined) {
    for (const what of ["case", "cases", "notices"]) void client.invalidateQueries({ queryKey: [what] });
  }
}

/** The newest first, as the server lists them. */
function merged(jobs: Job[], job: Job): Job[] {
  return jobs.some((one) => one.id === job.id) ? jobs.map((one) => (one.id === job.id ? job : one)) : [job, ...jobs];
}
