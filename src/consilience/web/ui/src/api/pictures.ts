/**
 * Derived pictures: small, re-encoded, each view on record. There is no address of an original, and none of a
 * clear picture: that one is asked for by a deliberate act.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask, askPicture } from "./client";

interface Blurred {
  items: { sha256: string; jpeg: string | null }[];
}

type Waiting = Map<string, ((address: string | null) => void)[]>;

const TOGETHER = 60; // contents of one request
const PAUSE = 40; // milliseconds in which requests gather
const KEPT = 2_000; // blurred pictures that stay in memory

/** Blurred pictures of one case, asked for many at a time: a screenful of tiles is one request. */
export class BlurredPictures {
  private readonly addresses = new Map<string, string | null>();
  private waiting: Waiting = new Map();
  private timer = 0;

  constructor(private readonly caseNumber: string) {}

  at(sha256: string): string | null | undefined {
    return this.addresses.get(sha256);
  }

  want(sha256: string): Promise<string | null> {
    return new Promise((given) => {
      this.waiting.set(sha256, [...(this.waiting.get(sha256) ?? []), given]);
      if (this.timer === 0) this.timer = window.setTimeout(() => void this.fetch(), PAUSE);
    });
  }

  forgetAll(): void {
    window.clearTimeout(this.timer);
    for (const address of this.addresses.values()) if (address) URL.revokeObjectURL(address);
    this.addresses.clear();
  }

  private async fetch(): Promise<void> {
    const waiting = this.waiting;
    this.waiting = new Map();
    this.timer = 0;
    const wanted = [...waiting.keys()];
    for (let begin = 0; begin < wanted.length; begin += TOGETHER) {
      const some = wanted.slice(begin, begin + TOGETHER);
      const found = await ask<Blurred>(`cases/${this.caseNumber}/pictures`, { method: "POST", body: { sha256: some } }).catch(
        (): Blurred => ({ items: some.map((sha256) => ({ sha256, jpeg: null })) }),
      );
      for (const { sha256, jpeg } of found.items) {
        const address = jpeg === null ? null : URL.createObjectURL(new Blob([bytes(jpeg)], { type: "image/jpeg" }));
        this.keep(sha256, address);
        waiting.get(sha256)?.forEach((given) => given(address));
      }
    }
  }

  private keep(sha256: string, address: string | null): void {
    this.addresses.set(sha256, address);
    for (const [oldest, gone] of this.addresses) {
      if (this.addresses.size <= KEPT) break;
      this.addresses.delete(oldest);
      if (gone) URL.revokeObjectURL(gone);
    }
  }
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) found[place] = text.charCodeAt(place);
  return found;
}

/** The address of a blurred picture: undefined while it comes, null where there is none. */
export function useBlurred(pictures: BlurredPictures, sha256: string, wanted: boolean): string | null | undefined {
  const [address, setAddress] = useState(() => pictures.at(sha256));
  useEffect(() => {
    if (!wanted) return;
    let listening = true;
    const there = pictures.at(sha256);
    if (there !== undefined) setAddress(there);
    else void pictures.want(sha256).then((found) => listening && setAddress(found));
    return () => {
      listening = false;
    };
  }, [pictures, sha256, wanted]);
  return wanted ? address : undefined;
}

export interface Revealed {
  address: string | undefined;
  /** Seconds at which the key frames of a video's sheet are shown, in its order: across, then down. */
  times: number[];
  error: unknown;
}

const NOTHING: Revealed = { address: undefined, times: [], error: undefined };

/**
 * The address of a clear picture while it is revealed; it leaves memory with the wish to see it.
 * Of a video all key frames on one sheet, or one of them larger: each is a view of its own.
 */
export function useRevealed(sha256: string, caseNumber: string, wanted: boolean, frame: number | null = null): Revealed {
  const [found, setFound] = useState(NOTHING);
  const client = useQueryClient();
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    let address: string | undefined;
    askPicture(`media/${sha256}/views`, {
      method: "POST",
      body: { case: decodeURIComponent(caseNumber), look: "clear", size: "large", frame },
      signal: stop.signal,
    }).then(
      ({ picture, times }) => {
        if (stop.signal.aborted) return;
        address = URL.createObjectURL(picture);
        setFound({ address, times, error: undefined });
        void client.invalidateQueries({ queryKey: ["exposure"] });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setFound({ ...NOTHING, error });
      },
    );
    return () => {
      stop.abort();
      if (address) URL.revokeObjectURL(address);
      setFound(NOTHING);
    };
  }, [sha256, caseNumber, wanted, frame, client]);
  return found;
}
