/** One colour an outcome, everywhere; the word always stands beside it. */
import type { Tone } from "../design/parts";

const COLOURS: Record<string, string> = {
  "alert-same": "light-dark(#a4262c, #ff8b85)",
  "alert-near": "light-dark(#d1667a, #d96a73)",
  unreadable: "light-dark(#b98a1e, #c9983b)",
  "not-media": "light-dark(#b9c2c4, #4c585c)",
  negative: "light-dark(#8fa0a5, #6c7c81)",
  "known-good": "light-dark(#6ea884, #4f8c66)",
  "seen-before": "light-dark(#7fa7c9, #4f7fa6)",
  "near-duplicate": "light-dark(#4f86b8, #6ba1d3)",
  new: "light-dark(#0b6b72, #5cc2c9)",
};

export const outcomeColour = (outcome: string): string => COLOURS[outcome] ?? "var(--line-strong)";

export function outcomeTone(outcome: string): Tone {
  if (outcome.startsWith("alert")) return "alert";
  if (outcome === "unreadable") return "doubt";
  return outcome === "new" ? "accent" : "plain";
}
