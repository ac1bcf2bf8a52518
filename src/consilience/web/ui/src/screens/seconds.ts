/** Seconds of footage and sound: written, compared, taken from the name of a part. */
import type { EntryMatch, MediaDetail, Span } from "../api/types";
import type { Words } from "../i18n";

/** Seconds of one content in which something agrees. */
export interface Stretch {
  begin: number;
  end: number;
  /** An entry of a list, rather than another content. */
  isListed: boolean;
}

type Say = Words["say"];

/** Seconds as h:mm:ss. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The seconds that a part names: `video:0@9.300-13.300=…`, or one moment of it, `video:0@12.480`. */
export function secondsOf(part: string): [number, number] | null {
  const [, begin, end] = /@([\d.]+)(?:-([\d.]+))?/.exec(part) ?? [];
  return begin === undefined ? null : [Number(begin), Number(end ?? begin)];
}

/** Every stretch of a content that agrees with a list's entry or with another content. */
export function stretches(media: Pick<MediaDetail, "matches" | "near" | "seconds">): Stretch[] {
  if (media.seconds === null) return [];
  const listed = media.matches.flatMap((one: EntryMatch) => {
    const found = secondsOf(one.part);
    return found ? [{ begin: found[0], end: found[1], isListed: true }] : [];
  });
  return [...listed, ...media.near.flatMap((one) => one.spans.map(({ begin, end }) => ({ begin, end, isListed: false })))];
}

/** Seconds between which and its moment a frame may be shown: spans begin and end at moments that were compared. */
const NEAR = 0.5;

export type Marked = "in" | "beside" | null;

/**
 * Which frames of a sheet lie in one of the stretches; *beside*: none of a stretch's seconds is on the sheet
 * but they lie between this frame and the next.
 */
export function marks(times: readonly number[], found: readonly Stretch[]): Marked[] {
  return times.map((time, place) => {
    if (found.some(({ begin, end }) => begin - NEAR <= time && time <= end + NEAR)) return "in";
    const next = times[place + 1] ?? Infinity;
    return found.some(({ begin, end }) => begin > time && end < next) ? "beside" : null;
  });
}

/** A span in words: which seconds, how far shifted, how fast. */
export function spanText(say: Say, span: Span): string {
  if (span.begin === span.end && span.other_begin === span.other_end)
    return span.other_begin === 0 ? say("span.frameHere", { at: clock(span.begin) }) : say("span.frameThere", { at: clock(span.other_begin) });
  return say("match.aligned", {
    begin: clock(span.begin),
    end: clock(span.end),
    other_begin: clock(span.other_begin),
    other_end: clock(span.other_end),
  });
}

/** How the other runs beside this one: shifted by how much, and how fast. */
export function courseText(say: Say, span: Span): string {
  const shift = span.other_begin - span.begin;
  const shifted = Math.abs(shift) < 0.5 ? say("span.together") : say(shift > 0 ? "span.later" : "span.earlier", { seconds: round(Math.abs(shift)) });
  const paced = Math.abs(span.speed - 1) < 0.005 ? say("span.sameSpeed") : say("span.speed", { seconds: Math.round(span.speed * 1000) / 1000 });
  return `${shifted}; ${paced}`;
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;
