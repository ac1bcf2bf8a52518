/** Choices of one person on one browser: language, light, scheme. Nothing about cases is kept here. */
import { useSyncExternalStore } from "react";
import { LANGUAGES } from "./i18n";

export type Theme = "system" | "light" | "dark";
interface Preferences {
  language: string;
  theme: Theme;
  /** Name of the scheme that is classified in; empty for the first there is. */
  scheme: string;
}

const KEY = "consilience.preferences";
const listeners = new Set<() => void>();

function initial(): Preferences {
  const wished = navigator.language.slice(0, 2);
  const found: Preferences = { language: wished in LANGUAGES ? wished : "en", theme: "system", scheme: "" };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    if (kept.language && kept.language in LANGUAGES) found.language = kept.language;
    if (typeof kept.scheme === "string") found.scheme = kept.scheme;
    if (kept.theme === "light" || kept.theme === "dark") found.theme = kept.theme;
  } catch {
    // A browser that keeps nothing shows the defaults.
  }
  return found;
}

let current = initial();

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // See above.
  }
  listeners.forEach((listener) => listener());
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
