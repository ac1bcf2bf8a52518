/** Derived pictures: small, re-encoded, each view on record. There is no address of an original. */
import { query } from "./client";

export type View = "blurred" | "clear";

export function pictureAddress(sha256: string, caseNumber: string, view: View, frame?: number): string {
  return `/api/media/${sha256}/picture${query({ case: decodeURIComponent(caseNumber), view, frame })}`;
}
