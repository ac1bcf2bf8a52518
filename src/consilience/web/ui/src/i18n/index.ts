/** Words come from catalogues; a message may have a form for each plural of its language. */
import { createContext, useContext } from "react";
import en from "./en.json";
import sl from "./sl.json";
import slVocabulary from "./sl.vocabulary.json";

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Message = string | Forms;
export type Catalogue = Record<string, Message>;
export type MessageId = keyof typeof en;
export type Values = Record<string, string | number>;

export const CATALOGUES: Record<string, Catalogue> = { en, sl };
/** What the server says of a code of its vocabularies, in English. */
export type Term = Partial<Record<"title" | "meaning" | "next_step", string>>;
type Vocabulary = Record<"outcome" | "problem", Record<string, Term>>;

/** The same in other languages; `tests/web` holds them to the server's codes. */
const VOCABULARIES: Record<string, Vocabulary> = { sl: slVocabulary };

export const LANGUAGES: Record<string, string> = { en: "English", sl: "Slovenščina" };

/** What turns ids, numbers and times into the words of one language. */
export class Words {
  readonly direction: "ltr" | "rtl";
  private readonly plural: Intl.PluralRules;
  private readonly numbers: Intl.NumberFormat;

  constructor(readonly language: string) {
    this.plural = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language);
    this.direction = ["ar", "fa", "he", "ur"].includes(language) ? "rtl" : "ltr";
  }

  /** The message of an id; `count` chooses its plural form. Values are text: React escapes them. */
  say = (id: MessageId, values: Values = {}): string => {
    const message: Message = CATALOGUES[this.language]?.[id] ?? en[id];
    const form = typeof message === "string" ? message : this.form(message, values.count);
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? this.number(value) : value;
    });
  };

  /** A code's words, in this language where they are there, else as the server says them. */
  term = <T extends Term>(kind: keyof Vocabulary, code: string, said: T): T => ({ ...said, ...VOCABULARIES[this.language]?.[kind][code] });

  number = (value: number): string => this.numbers.format(value);

  /** Bytes in a unit that reads well. */
  size = (bytes: number): string => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
    const value = bytes / 1000 ** power;
    const digits = power === 0 || value >= 100 ? 0 : 1;
    return `${value.toLocaleString(this.language, { maximumFractionDigits: digits })} ${units[power]}`;
  };

  /** A moment, given as ISO text, in the reader's zone; to the second where that matters. */
  moment = (iso: string, timeStyle: "short" | "medium" = "short"): string =>
    new Date(iso).toLocaleString(this.language, { dateStyle: "medium", timeStyle });

  private form(forms: Forms, count: string | number | undefined): string {
    return forms[this.plural.select(Number(count ?? 0))] ?? forms.other;
  }
}

export const WordsContext = createContext(new Words("en"));
export const useWords = (): Words => useContext(WordsContext);
