/** The one way to the server: JSON in and out, problems typed, the session's token on everything that changes. */
import type { Page } from "./types";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  next?: string;
}

/** What the server refused, in its own plain words. */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

let csrf = "";

/** Keep the token that the session route gave; it goes with every change. */
export function keepToken(token: string): void {
  csrf = token;
}

async function refused(response: Response): Promise<ApiProblem> {
  try {
    return new ApiProblem((await response.json()) as Problem);
  } catch {
    return new ApiProblem({ type: "about:blank", title: response.statusText, status: response.status });
  }
}

interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A file is sent as it is, anything else as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Ask the server. Throws an `ApiProblem` where it refuses. */
export async function ask<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

const LARGEST_PAGE = 500;

/** Ask for a whole list, page after page: for lists that a screen shows entire. */
export async function askAll<T>(path: string): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await ask(`${path}${query({ limit: LARGEST_PAGE, cursor })}`);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

/** Ask for bytes: the log, a report. Throws an `ApiProblem` where the server refuses. */
export async function askFile(path: string, options: Options = {}): Promise<Blob> {
  return (await send(path, options)).blob();
}

/** A derived picture; of a video a sheet of key frames, with the seconds at which each is shown. */
export interface Sheet {
  picture: Blob;
  times: number[];
}

/** Ask for a picture. Throws an `ApiProblem` where the server refuses. */
export async function askPicture(path: string, options: Options = {}): Promise<Sheet> {
  const response = await send(path, options);
  const times = response.headers.get("Consilience-Times") ?? "";
  return { picture: await response.blob(), times: times ? times.split(",").map(Number) : [] };
}

/** Hand a file to the person who asked for it. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function send(path: string, { method = "GET", body, signal }: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  const isFile = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  const response = await fetch(`/api/${path}`, {
    method,
    headers,
    credentials: "same-origin",
    ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await refused(response);
  return response;
}

/** Query parameters, without those that say nothing. */
export function query(values: Record<string, string | number | boolean | null | undefined | string[]>): string {
  const said = Object.entries(values).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined && one !== null && one !== "").map((one) => [key, String(one)]),
  );
  return said.length === 0 ? "" : `?${new URLSearchParams(said).toString()}`;
}
